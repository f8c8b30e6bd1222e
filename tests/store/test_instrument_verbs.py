"""`alliance instruments`: what operators do, against a real PostgreSQL."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import create_engine

from alliance_api.__main__ import main
from alliance_api.domain.ids import Kind, format_id
from alliance_api.fhir.questionnaire import questionnaire
from alliance_api.instruments.loader import load_all
from alliance_api.instruments.packs import Pack, read_pack
from alliance_api.store import packs, seed
from chassis.database import address, for_sqlalchemy
from tests.packs import CHECK_IN_DE, pack_of, shown

Rows = list[tuple[Any, ...]]


class Desk:
    """An operator's terminal in front of a database with one organisation."""

    def __init__(self, url: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.url = url
        self.folder = folder
        self._capsys = capsys
        self.organisation = self.opens("Linden [Practice]")

    def opens(self, name: str) -> UUID:
        engine = create_engine(for_sqlalchemy(self.url))
        with engine.begin() as connection:
            made = seed.organisation(connection, name)
        engine.dispose()
        return made

    def does(self, *words: str) -> str:
        """Run a verb that must succeed; return what it printed."""
        assert main(["instruments", *words]) == 0
        return self._capsys.readouterr().out

    def fails(self, *words: str) -> str:
        """Run a verb that must refuse and change nothing; return why."""
        before = self.everything()
        with pytest.raises(SystemExit) as stopped:
            main(["instruments", *words])
        assert self.everything() == before
        assert self._capsys.readouterr().out == ""
        return str(stopped.value)

    def file(self, text: str, name: str = "pack.toml") -> str:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def rows(self, statement: str) -> Rows:
        with psycopg.connect(self.url) as connection:
            return connection.execute(statement.encode()).fetchall()

    def everything(self) -> list[Rows]:
        parts = ("instruments", "instrument_items", "instrument_anchors", "instrument_records")
        return [self.rows(f"SELECT * FROM {table} ORDER BY 1, 2, 3, 4") for table in parts]


@pytest.fixture
def desk(
    scratch: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Desk:
    monkeypatch.setenv("DATABASE_ADMIN_URL", scratch)
    monkeypatch.setenv("COLUMNS", "160")
    return Desk(scratch, tmp_path, capsys)


FORM = """
SELECT f.code, f.base_code, f.language, f.permission_statement, f.instructions,
  (SELECT array_agg(wording ORDER BY number) FROM instrument_items i WHERE i.instrument_id = f.id),
  (SELECT count(*) FROM instrument_anchors a WHERE a.instrument_id = f.id)
FROM instruments f WHERE f.code = '{}'
"""


def test_the_list_says_of_every_form_whether_it_may_be_planned(desk: Desk) -> None:
    told = desk.does("list")
    assert f"Linden [Practice]: {len(load_all())} forms" in told
    lines = {line.split()[0]: line for line in told.splitlines() if line.strip()}
    assert "needs a permission" in lines["wai-sr-c"]
    assert lines["phq-9"].split()[-1] == "yes"
    assert "shipped" in lines["phq-9"]
    assert "none yet" in lines["care"]


def test_the_pack_of_the_page_in_toml_makes_a_translation(desk: Desk) -> None:
    told = desk.does("import", desk.file(shown("toml")))
    assert "✓ alliance-check-in-de is a new form, in de, for Linden [Practice]." in told
    assert "Wir haben an einem Strang gezogen." in told
    assert "It is scored by the key of alliance-check-in; no norm is carried over." in told
    [row] = desk.rows(FORM.format("alliance-check-in-de"))
    assert row == (
        "alliance-check-in-de",
        "alliance-check-in",
        "de",
        CHECK_IN_DE.statement,
        CHECK_IN_DE.instructions,
        list(CHECK_IN_DE.wordings.values()),
        25,
    )
    # The original is as it was.
    [original] = desk.rows(FORM.format("alliance-check-in"))
    assert original[5][2] == "We were pulling in the same direction."


def test_the_pack_of_the_page_in_fhir_makes_the_therapists_form(desk: Desk) -> None:
    desk.does("import", desk.file(shown("json"), "pack.json"))
    [row] = desk.rows(FORM.format("alliance-check-in-t-de"))
    assert row[1:3] == ("alliance-check-in-t", "de")
    assert row[5][0] == "Ich habe verstanden, was mein Gegenüber gerade durchmacht."
    assert row[6] == 0


def test_a_dry_run_says_what_it_would_do_and_does_nothing(desk: Desk) -> None:
    before = desk.everything()
    told = desk.does("import", desk.file(shown("toml")), "--dry-run")
    assert "alliance-check-in-de is a new form" in told
    assert "Dry run: nothing was changed." in told
    assert desk.everything() == before


def test_the_same_pack_again_changes_nothing(desk: Desk) -> None:
    file = desk.file(shown("toml"))
    desk.does("import", file)
    before = desk.everything()
    assert "nothing is new" in desk.does("import", file)
    assert desk.everything() == before


RECORDS = "SELECT number, kind, statement, words_hash FROM instrument_records ORDER BY at, number"


def test_a_correction_changes_the_words_in_place_and_both_stay_on_record(desk: Desk) -> None:
    desk.does("import", desk.file(shown("toml")))
    again = shown("toml").replace("gut aufgehoben", "sicher aufgehoben")
    told = desk.does("import", desk.file(again))
    [marked] = [line for line in told.splitlines() if "✎" in line]
    assert "sicher aufgehoben" in marked
    assert "alliance-check-in-de has new words, in de" in told
    [row] = desk.rows(FORM.format("alliance-check-in-de"))
    assert row[5][1] == "Was ich in der Therapie erzähle, ist sicher aufgehoben."
    first, second = desk.rows(RECORDS)
    assert (first[:3], second[:3]) == (
        (1, "WORDING", CHECK_IN_DE.statement),
        (2, "WORDING", CHECK_IN_DE.statement),
    )
    assert first[3] != second[3]


def test_words_that_went_away_are_gone(desk: Desk) -> None:
    desk.does("import", desk.file(shown("toml")))
    bare = shown("toml").replace('    { value = 2, text = "Teilweise" },\n', "")
    bare = "\n".join(line for line in bare.splitlines() if not line.startswith("instructions"))
    desk.does("import", desk.file(bare))
    [row] = desk.rows(FORM.format("alliance-check-in-de"))
    assert (row[4], row[6]) == (None, 20)


def test_a_pack_records_the_permission_of_a_form_that_needs_one(desk: Desk) -> None:
    pack = questionnaire(load_all()["wai-sr-c"], pack=pack_of("wai-sr-c", "en", "Words"))
    desk.does("import", desk.file(json.dumps(pack), "wai.json"))
    [row] = desk.rows(FORM.format("wai-sr-c"))
    assert row[3] == "We may use these words."
    lines = {line.split()[0]: line for line in desk.does("list").splitlines() if line.strip()}
    assert "yes, permitted" in lines["wai-sr-c"]
    assert "yours" in lines["wai-sr-c"]
    assert "needs a permission" in lines["wai-sr-t"]


BROKEN = {
    "without a statement": ('statement = "', 'note = "', "licence: statement is missing"),
    "for another version": ("version = 1", "version = 7", "is for version 7, and the form here is"),
    "for no form": ('"alliance-check-in"', '"nonsense"', "`alliance instruments list` shows"),
    "with an item too many": (
        "number = 5",
        "number = 6",
        "item 5: alliance-check-in has no item 6",
    ),
    "that is no TOML": ("[licence]", "[licence", "is no TOML"),
    "with a control character": ("Strang", "Str\\u0007ang", "item 3: Remove the characters"),
}


@pytest.mark.parametrize(("sound", "broken", "why"), BROKEN.values(), ids=BROKEN)
def test_a_pack_is_refused_with_its_file_and_place(
    desk: Desk, sound: str, broken: str, why: str
) -> None:
    assert sound in shown("toml")
    file = desk.file(shown("toml").replace(sound, broken, 1))
    told = desk.fails("import", file)
    assert f"alliance instruments: {file}" in told
    assert why in told
    assert "docs/how-to/load-licensed-wording.md" in told
    assert "Nothing was changed." in told


def test_a_file_that_cannot_be_read_is_said_so(desk: Desk, tmp_path: Path) -> None:
    assert "nowhere.toml cannot be read: No such file" in desk.fails("import", "nowhere.toml")
    assert "cannot be read: Is a directory" in desk.fails("import", str(tmp_path))
    (tmp_path / "latin").write_bytes("Völlig".encode("latin-1"))
    assert "is no UTF-8 text" in desk.fails("import", str(tmp_path / "latin"))


def test_a_permission_is_put_on_record_and_may_be_stated_anew(desk: Desk) -> None:
    told = desk.does("permit", "srs-3", "--statement", " Licence [7] for electronic use. ")
    assert "srs-3 may be planned at Linden [Practice]." in told
    assert "The statement is on record: Licence [7] for electronic use." in told
    again = desk.does("permit", "srs-3", "--statement", "Licence [7] for electronic use.")
    assert "was on record already" in again
    desk.does("permit", "srs-3", "--statement", "Renewed.")
    assert [row[:3] for row in desk.rows(RECORDS)] == [
        (1, "PERMISSION", "Licence [7] for electronic use."),
        (2, "PERMISSION", "Renewed."),
    ]
    assert "(it needs no permission)" in desk.does("permit", "care", "--statement", "Anyway.")


def test_a_statement_has_to_say_something_of_its_own(desk: Desk) -> None:
    ours = load_all()["srs-3"].licence.statement
    assert "only repeats ours" in desk.fails("permit", "srs-3", "--statement", ours)
    assert "at least one character" in desk.fails("permit", "srs-3", "--statement", "  ")
    assert "has no form nonsense" in desk.fails("permit", "nonsense", "--statement", "Yes.")
    assert "has no form care-de" in desk.fails("permit", "care-de", "--statement", "Yes.")


@pytest.mark.parametrize("code", ["phq-9", "srs-3", "c-nip-1.1"])
def test_a_form_without_a_clinics_words_is_exported_as_it_is_shipped(desk: Desk, code: str) -> None:
    assert json.loads(desk.does("export", code)) == questionnaire(load_all()[code])


def test_what_was_imported_is_exported_as_it_came(desk: Desk) -> None:
    desk.does("import", desk.file(shown("toml")))
    told = desk.does("export", "alliance-check-in-de")
    assert read_pack(told, "again") == CHECK_IN_DE
    before = desk.everything()
    assert "nothing is new" in desk.does("import", desk.file(told, "again.json"))
    assert desk.everything() == before


def test_words_may_be_the_clinics_own_in_the_language_of_a_form_that_has_some(desk: Desk) -> None:
    made = pack_of("phq-9", "en", "Adapted")
    desk.does("import", desk.file(json.dumps(questionnaire(load_all()["phq-9"], pack=made)), "p"))
    [row] = desk.rows(FORM.format("phq-9"))
    assert row[5][0] == "Adapted 1"
    exported: Pack = read_pack(desk.does("export", "phq-9"), "again")
    assert exported == replace(made, anchors={})


def test_where_there_are_several_organisations_one_has_to_be_named(desk: Desk) -> None:
    other, twin = desk.opens("Elm"), desk.opens("Elm")
    first, elm = (format_id(Kind.ORGANISATION, made) for made in (desk.organisation, other))
    told = desk.fails("list")
    assert "Which organisation? Give its id with --organisation:" in told
    assert f"{first}  Linden [Practice]" in told
    assert "Which organisation?" in desk.fails("list", "--organisation", "Elm")
    assert "No organisation is Oak." in desk.fails("list", "--organisation", "Oak")
    for name in ("Linden [Practice]", first, str(desk.organisation)):
        assert desk.does("list", "--organisation", name).startswith("Linden [Practice]: ")

    desk.does("import", desk.file(shown("toml")), "--organisation", elm)
    [row] = desk.rows("SELECT organisation_id FROM instruments WHERE code LIKE '%-de'")
    assert row == (other,)
    assert twin not in row


def test_a_database_that_is_not_ready_is_said_so(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_ADMIN_URL", address(desk.url, user="alliance_api"))
    assert "Give a superuser's DATABASE_ADMIN_URL" in desk.fails("list")
    monkeypatch.setenv("DATABASE_ADMIN_URL", address(desk.url, database="postgres"))
    assert "Run `alliance migrate` first." in desk.fails("list")
    monkeypatch.setenv("DATABASE_ADMIN_URL", address(desk.url, database="nowhere"))
    assert "cannot be reached" in desk.fails("list")
    monkeypatch.delenv("DATABASE_ADMIN_URL")
    assert "Set DATABASE_ADMIN_URL" in desk.fails("list")


def test_words_are_changed_by_one_operator_after_another(desk: Desk) -> None:
    """The whole pack of one or of the other, never some words of each."""
    engine = create_engine(for_sqlalchemy(desk.url))

    def load(pack: Pack) -> None:
        with engine.begin() as connection:
            packs.load(connection, desk.organisation, pack, datetime(2026, 5, 1, tzinfo=UTC))

    given = [pack_of("care", "fr", f"Words {name}") for name in "abcdef"]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(load, given))
    engine.dispose()
    [row] = desk.rows(FORM.format("care-fr"))
    assert row[5] in [list(pack.wordings.values()) for pack in given]
    assert desk.rows("SELECT number FROM instrument_records") == [(n,) for n in range(1, 7)]
