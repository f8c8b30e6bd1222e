"""Every kind's folder: it loads, does what its examples say, and says nothing it must not."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from notifier.domain.kind import Kind
from notifier.kinds import check
from notifier.kinds.errors import KindError
from notifier.kinds.examples import Example, differences, line, played
from notifier.kinds.languages import chosen, languages
from notifier.kinds.lint import clinical_words, lint
from notifier.kinds.loader import load, load_all, load_from

pytestmark = pytest.mark.ground

SHIPPED = Path(check.__file__).parent
EXAMPLES = [
    pytest.param(folder.kind, example, id=f"{name}: {example.name}")
    for name, folder in load_all().items()
    for example in folder.examples
]
WANTED = {
    "break-glass",
    "check-in",
    "commitment-due",
    "gap-widening",
    "goal-review",
    "measure-closing",
    "measure-due",
    "own-reliability",
    "session-missed",
    "session-upcoming",
    "signal-waiting",
}


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A kind of one's own: a copy of one that is shipped, under another name."""
    shutil.copytree(SHIPPED / "session-upcoming", tmp_path / "dance-lesson")
    return tmp_path / "dance-lesson"


def changed(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_the_kinds_of_the_charter_are_there_in_three_languages() -> None:
    assert set(load_all()) == WANTED
    assert set(languages()) == {"de", "en", "es"}
    assert all(set(folder.wordings) == {"de", "en", "es"} for folder in load_all().values())


@pytest.mark.parametrize(("kind", "example"), EXAMPLES)
def test_a_kind_does_what_its_example_says(kind: Kind, example: Example) -> None:
    assert differences(kind, example) == ()


@pytest.mark.parametrize("name", load_all())
def test_every_kind_shows_what_is_sent_and_what_is_not(name: str) -> None:
    folder = load_all()[name]
    assert len(folder.examples) >= 2
    outcomes = [each for example in folder.examples for each in played(folder.kind, example)]
    assert {each.label for each in outcomes} == {each.label for each in folder.kind.moments}
    assert None in {each.reason for each in outcomes}


@pytest.mark.parametrize("name", load_all())
def test_the_linter_finds_nothing_in_a_shipped_kind(name: str) -> None:
    assert lint(name, load_all()[name]) == []


def test_a_new_kind_needs_no_python(mine: Path) -> None:
    found = load_from(mine.parent)
    assert list(found) == ["dance-lesson"]
    assert found["dance-lesson"].kind.name == "dance-lesson"
    assert check.main(["check", str(mine.parent)]) == 0


def test_an_example_that_is_not_so_is_told_line_by_line(mine: Path) -> None:
    changed(mine / "examples.toml", "13:00  client  -2h   sent", "13:01  client  -2h   sent")
    folder = load(mine)
    assert differences(folder.kind, folder.examples[0]) == (
        "missing: 2026-03-12 13:01  client  -2h  sent",
        "surplus: 2026-03-12 13:00  client  -2h  sent",
    )


def test_the_order_of_an_example_counts(mine: Path) -> None:
    folder = load(mine)
    first = folder.examples[0]
    turned = Example(
        first.name, first.zone, first.preferences, first.facts, first.reminders[::-1], None
    )
    assert differences(folder.kind, turned) == ("the reminders come in another order",)
    assert [line(each, first.zone) for each in played(folder.kind, first)] == list(first.reminders)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('thing = "session"', 'thing = "moon"', "thing"),
        ('thing = "session"', 'thing = "place"', "thing"),
        ('starts = ["session.planned"]', 'starts = ["goal.rated"]', "starts"),
        ('starts = ["session.planned"]', "starts = []", "starts"),
        ('starts = ["session.planned"]', 'starts = ["session.planned", 3]', "starts"),
        ('"session.cancelled", "session.moved"', '"session.moved", "session.moved"', "drops"),
        ('anchor = "plannedStart"', 'anchor = "therapist"', "anchor"),
        ('tells = "plannedStart"', 'tells = "due"', "tells"),
        ('to = ["client"]', 'to = ["everybody"]', "to"),
        ('to = ["client"]', 'to = ["owner"]', "to"),
        ('shift = "earlier"', 'shift = "sideways"', "shift"),
        ('stale_after = "6h"', 'stale_after = "six"', "stale_after"),
        ("cap = 14", "cap = 0", "cap"),
        ("cap = 14", "cap = true", "cap"),
        ("cap = 14", "cap = 14\ncolour = 1", "colour"),
        ("cap = 14", "cap = 14\ndefault = 1", "default"),
        ("cap = 14", 'cap = 14\n[where]\nplannedStart = ["x"]', "where.plannedStart"),
        ('of = "plannedStart"\noffset = "-15m"', "", "expires.after"),
        ('offset = "-15m"', 'offset = "-15m"\nonce = true', "expires.once"),
        ('offset = "-2h"', 'offset = "-48h"', "moments"),
        ("step = 1", 'step = "one"', "moments[1].step"),
        ("step = 1", 'at = "late"', "moments[1].at"),
        ("about = ", "about = [", "file"),
    ],
)
def test_a_fault_is_named_by_file_and_key(mine: Path, old: str, new: str, key: str) -> None:
    changed(mine / "kind.toml", old, new)
    with pytest.raises(KindError) as found:
        load(mine)
    assert (found.value.file, found.value.key) == ("dance-lesson/kind.toml", key)


@pytest.mark.parametrize(
    ("file", "old", "new", "key"),
    [
        ("en/wording.toml", "{day}", "{name}", "discreet.subject"),
        ("en/wording.toml", "{day}", "{day", "discreet.subject"),
        ("en/wording.toml", "{day}", "{day.__class__}", "discreet.subject"),
        ("de/wording.toml", "short = ", "brief = ", "discreet.short"),
        ("es/wording.toml", "[explicit]", "[open]", "explicit.subject"),
        ("examples.toml", "Europe/Berlin", "Europe/Bielefeld", "example[0].zone"),
        ("examples.toml", "session.planned", "session.dreamt", "example[0].facts"),
        ("examples.toml", "T15:00", "T25:00", "example[0].facts"),
        ("examples.toml", 'away = ["2026-03-10 12:00"', 'away = ["noon"', "example[6].away"),
    ],
)
def test_a_fault_in_another_file_is_named_as_well(
    mine: Path, file: str, old: str, new: str, key: str
) -> None:
    changed(mine / file, old, new)
    with pytest.raises(KindError) as found:
        load(mine)
    assert (found.value.file, found.value.key) == (f"dance-lesson/{file}", key)


def test_a_language_that_is_missing_is_named(mine: Path) -> None:
    shutil.rmtree(mine / "es")
    with pytest.raises(KindError, match=re.escape("dance-lesson/es/wording.toml: file: is mis")):
        load(mine)


def test_wording_may_tell_a_time_only_where_the_kind_does(mine: Path) -> None:
    changed(mine / "kind.toml", 'tells = "plannedStart"\n', "")
    with pytest.raises(KindError, match="names what the kind does not tell"):
        load(mine)


@pytest.mark.parametrize(
    ("language", "old", "new", "what"),
    [
        ("en", "your appointment", "your therapy", "clinical: therapy"),
        ("es", "tu cita", "tu Sesión", "clinical: Sesión"),
        ("de", "Ihr Termin", "Ihre Gruppentherapiestunde", "clinical: Gruppentherapiestunde"),
        ("en", "your appointment", "your appointment with Anna", "a name: Anna"),
        ("es", "tu cita", "tu cita con Lucía", "a name: Lucía"),
        ("de", "Ihr Termin", "Ihr Termin bei Frau Klug", "a form of address: frau"),
        ("en", "your appointment", "the appointment at our centre", "a place: centre"),
        ("de", "Ihr Termin", "Ihr Termin in der Praxis", "a place: praxis"),
        ("en", "your appointment", "the appointment you missed", "blame or a count: missed"),
        ("en", "your appointment", "appointment 3", "a number"),
        ("en", "your appointment", "your appointment (www.example.org)", "a link"),
        ("en", 'short = "Reminder', f'short = "{"very " * 30}', "longer than 120"),
    ],
)
def test_the_linter_refuses_what_must_not_be_said(
    mine: Path, language: str, old: str, new: str, what: str
) -> None:
    changed(mine / language / "wording.toml", old, new)
    found = lint("dance-lesson", load(mine))
    assert any(each.what.startswith(what) for each in found)
    assert all(each.place.startswith(f"dance-lesson/{language}/wording.toml") for each in found)


def test_explicit_wording_may_be_plain_and_still_names_nobody(mine: Path) -> None:
    text = (mine / "en" / "wording.toml").read_text()
    before, after = text.split("[explicit]")
    file = mine / "en" / "wording.toml"
    file.write_text(f"{before}[explicit]{after.replace('session', 'therapy session')}")
    assert lint("dance-lesson", load(mine)) == []
    file.write_text(f"{before}[explicit]{after.replace('your therapist', 'Anna')}")
    assert {each.what for each in lint("dance-lesson", load(mine))} == {"a name: Anna"}


def test_clinical_words_are_found_within_compounds_and_without_accents() -> None:
    assert clinical_words("Ihre PSYCHOtherapie", languages()["de"]) == ["PSYCHOtherapie"]
    assert clinical_words("tu clínica y tu sesión", languages()["es"]) == ["clínica", "sesión"]
    assert clinical_words("a careful note", languages()["en"]) == []


@pytest.mark.parametrize(
    ("wished", "code"), [("de", "de"), ("de-AT", "de"), ("ES-mx", "es"), ("fr", "en"), ("", "en")]
)
def test_a_language_is_chosen_as_near_as_can_be(wished: str, code: str) -> None:
    assert chosen(wished).code == code


def test_the_verb_checks_the_shipped_kinds() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "notifier", "kinds", "check"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"11 kinds, \d+ examples, 0 faults\n", done.stdout)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            lambda folder: changed(folder / "en/wording.toml", "your appointment", "our clinic"),
            "dance-lesson/en/wording.toml: discreet.body: clinical: clinic",
        ),
        (
            lambda folder: changed(folder / "kind.toml", "cap = 14", "cup = 14"),
            "dance-lesson/kind.toml: cap: is missing",
        ),
        (
            lambda folder: changed(folder / "examples.toml", "-2h   sent", "-2h   STALE"),
            "Two days and two hours before: missing:",
        ),
    ],
)
def test_the_verb_says_what_is_wrong(
    mine: Path, capsys: pytest.CaptureFixture[str], spoil: Callable[[Path], None], said: str
) -> None:
    spoil(mine)
    assert check.main(["check", str(mine.parent)]) == 1
    assert said in capsys.readouterr().err


def test_the_verb_explains_itself_and_finds_nothing_in_nothing(tmp_path: Path) -> None:
    assert check.main([]) == 2
    assert check.main(["check", str(tmp_path)]) == 1
    assert check.main(["check", str(tmp_path / "nowhere")]) == 1
