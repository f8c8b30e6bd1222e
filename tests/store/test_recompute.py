"""`alliance recompute`: what is stored is what the answers make, and what is not is mended."""

from __future__ import annotations

import random
import re
import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from alliance_api.__main__ import main
from alliance_api.domain.disclosure import Disclosure
from alliance_api.domain.ids import Kind, format_id
from alliance_api.domain.scoring import GivenAnswer
from alliance_api.instruments.loader import load_all
from alliance_api.usecases import measurements
from alliance_api.usecases.common import opening
from tests.builders import Story, a_case, now
from tests.house import House
from tests.people import Clinic, Person, a_clinic

MADE = (
    "scores",
    "score_inputs",
    "findings",
    "series",
    "changes",
    "ruptures",
    "concordances",
    "attainments",
    "reliability",
    "signals",
)
FORMS = {
    "client": ("alliance-check-in", "wai-sr-c", "phq-9"),
    "therapist": ("alliance-check-in-t", "alliance-check-in-prediction"),
}


def a_story(clinic: Clinic) -> Story:
    """A case in which something was said of everything that is derived."""
    story = a_case(clinic).with_commitments("Write it down").with_sessions("k k l k k C k k k")
    story.with_ratings(client=[4, 4, 3, 4, 4, None, 1, 4], therapist="4434434")
    return story.with_goals("Sleep through")


@pytest.fixture(scope="module")
def told(house: House) -> Story:
    """For tests that leave it as it was."""
    return a_story(a_clinic(house))


@pytest.fixture(autouse=True)
def operator(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_ADMIN_URL", house.admin_url)


def recompute(story: Story, *options: str) -> int:
    organisation = format_id(Kind.ORGANISATION, story.clinic.organisation)
    return main(["recompute", "--organisation", organisation, *options])


def changed(capsys: pytest.CaptureFixture[str], verb: str = "changed") -> dict[str, int]:
    """How many rows of each table the last run says it changed; all of them as ``."""
    text = capsys.readouterr().out
    [all_of_them] = re.findall(rf"([\d,]+) rows {verb}", text)
    tables = {
        name: int(count) for name, count in re.findall(r"^  (\w+) +(\d+)$", text, re.MULTILINE)
    }
    assert sum(tables.values()) == int(all_of_them)
    return tables


def rows(story: Story) -> dict[str, list[tuple[Any, ...]]]:
    """All that is made of what was said, without the ids that are drawn for it."""
    clinic, found = story.clinic, {}
    for table in MADE:
        names = [
            name
            for (name,) in clinic.house.rows(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s "
                "AND column_name <> 'computed_at' AND NOT (table_name = 'signals' AND column_name = 'id')",
                table,
            )
        ]
        listed = ", ".join(f'"{name}"::text' for name in sorted(names))
        found[table] = sorted(
            clinic.rows(f"SELECT {listed} FROM {table} WHERE organisation_id = %s"), key=str
        )
    return found


def of(story: Story, statement: str) -> int:
    """Change rows of this story's organisation from above the law."""
    return story.clinic.house.change(statement, story.clinic.organisation)


def test_what_verbs_derived_step_by_step_is_what_is_computed_again(
    told: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    before = rows(told)
    assert all(before.values()), "something is derived of each kind"
    assert recompute(told) == 0
    assert changed(capsys) == {}
    assert rows(told) == before


def answers(dice: random.Random, code: str) -> list[GivenAnswer]:
    level = dice.random()
    given = []
    for item in load_all()[code].items:
        share = min(1.0, max(0.0, dice.gauss(level, 0.25)))
        steps = round(share * (item.maximum - item.minimum) / item.step)
        if dice.random() > 0.05:
            given.append(GivenAnswer(item.number, item.minimum + steps * item.step))
    return given


def tell(story: Story, dice: random.Random) -> None:
    """Answer forms about the sessions, not always in order, opened to whom chance will have it."""
    house, said = story.clinic.house, list[tuple[Person, UUID]]()

    async def submit(who: Person, code: str, session: int | None) -> UUID:
        at = story.starts[session or 0] + timedelta(hours=1, minutes=dice.randint(0, 30))
        async with house.database.write(who.principal) as tx:
            return await measurements.submit(
                tx,
                at,
                case=story.case,
                instrument=code,
                session=UUID(story.sessions[session][-36:]) if session is not None else None,
                occasion=None,
                answers=answers(dice, code),
                comment=None,
                disclosure=dice.choice(list(Disclosure)),
                to_caregivers=dice.random() < 0.5,
            )

    async def reopen(who: Person, measurement: UUID) -> None:
        chosen = dice.choice(list(Disclosure))
        async with house.database.write(who.principal) as tx:
            await measurements.change_disclosure(
                tx, now(), measurement=measurement, disclosure=chosen, to_caregivers=False
            )

    for session in dice.sample([*range(len(story.sessions)), None, 0], len(story.sessions)):
        for role, codes in FORMS.items():
            for code in codes:
                who = story.clinic.people[role]
                said.append((who, house.run(submit, who, code, session)))
        if dice.random() < 0.5:
            house.run(reopen, *dice.choice(said))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_however_ratings_came_and_were_opened_everything_is_as_if_made_at_once(
    clinic: Clinic,
    seed: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    story = a_case(clinic).with_sessions("k k k k k k k")
    of(story, "UPDATE instruments SET permission_statement = 'yes' WHERE organisation_id = %s")
    tell(story, random.Random(seed))
    before = rows(story)
    assert recompute(story) == 0
    assert changed(capsys) == {}
    for table in ("signal_evidence", *MADE[3:]):
        of(story, f"DELETE FROM {table} WHERE organisation_id = %s")
    assert recompute(story) == 0
    assert set(changed(capsys)) >= {"series", "changes", "concordances"}
    after = rows(story)
    for table in MADE[:-2]:
        assert after[table] == before[table], table


GONE = (
    """INSERT INTO scores SELECT (jsonb_populate_record(s, '{"scale": "gone"}')).* FROM scores s"""
)
WRONG = {
    "scores of an older method": ("UPDATE scores SET method_version = '0'", {"scores"}),
    "a score that somebody changed": (
        "UPDATE scores SET raw = raw + 1 WHERE raw < maximum",
        {"scores"},
    ),
    "scores that are missing": (
        "DELETE FROM scores WHERE informant_role = 'THERAPIST'",
        {"scores"},
    ),
    "a scale there is no more": (GONE, {"scores"}),
    "other inputs": ("UPDATE score_inputs SET inputs_hash = ''", {"score_inputs"}),
    "findings of an older method": ("UPDATE findings SET method_version = '0'", {"findings"}),
    "findings there are none of": ("UPDATE findings SET code = 'ANY_YES'", {"findings"}),
    "a chart that somebody moved": ("UPDATE series SET lower = 0", {"series"}),
    "changes that are missing": ("DELETE FROM changes WHERE audience = 'CLIENT'", {"changes"}),
    "changes of an older method": ("UPDATE changes SET method_version = '0'", {"changes"}),
    "ruptures that nothing shows": ("UPDATE ruptures SET depth = 100", {"ruptures"}),
    "no concordance": ("DELETE FROM concordances WHERE true", {"concordances"}),
    "no attainment": ("DELETE FROM attainments WHERE true", {"attainments"}),
    "reliability of an older method": (
        "UPDATE reliability SET method_version = '0'",
        {"reliability"},
    ),
    "a signal nothing has raised": ("UPDATE signals SET episode = 'x' || episode", {"signals"}),
}


@pytest.mark.parametrize(("statement", "tables"), WRONG.values(), ids=WRONG)
def test_a_run_mends(
    told: Story, capsys: pytest.CaptureFixture[str], statement: str, tables: set[str]
) -> None:
    before = rows(told)
    whose = "s.organisation_id" if " s" in statement[-2:] else "organisation_id"
    joined = "AND" if "WHERE" in statement else "WHERE"
    assert of(told, f"{statement} {joined} {whose} = %s") > 0
    assert rows(told) != before
    assert recompute(told) == 0
    assert set(changed(capsys)) >= tables
    assert rows(told) == before
    assert recompute(told) == 0
    assert changed(capsys) == {}


def test_a_dry_run_says_what_would_change_and_changes_nothing(
    told: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    count = of(told, "UPDATE scores SET method_version = '0' WHERE organisation_id = %s")
    before = rows(told)
    assert recompute(told, "--dry-run") == 0
    assert changed(capsys, "would change") == {"scores": count}
    assert rows(told) == before
    assert recompute(told) == 0
    assert changed(capsys) == {"scores": count}


def test_several_processes_do_what_one_does(
    told: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    before = rows(told)
    count = of(told, "UPDATE scores SET method_version = '0' WHERE organisation_id = %s")
    assert recompute(told, "--workers", "2") == 0
    assert changed(capsys) == {"scores": count}
    assert rows(told) == before


def test_one_case_can_be_done_alone(told: Story, capsys: pytest.CaptureFixture[str]) -> None:
    of(told, "UPDATE scores SET method_version = '0' WHERE organisation_id = %s")
    other = told.clinic.another_case(told.clinic.another_person("other"))
    assert recompute(told, "--case", format_id(Kind.CASE, other)) == 0
    assert set(changed(capsys)) == {"reliability"}, "of a case in which nothing has happened"
    assert recompute(told, "--case", told.case_id) == 0
    assert "scores" in changed(capsys)


@pytest.mark.parametrize(
    "options",
    [
        ["--case", "019c-not-an-id"],
        ["--case", "person-01920000-0000-7000-8000-000000000000"],
        ["--case", "case-01920000-0000-7000-8000-000000000000"],
        ["--organisation", "case-01920000-0000-7000-8000-000000000000"],
        ["--workers", "0"],
    ],
)
def test_what_there_is_not_is_refused_with_a_word(told: Story, options: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["recompute", *options])
    assert isinstance(stopped.value.code, str)


def test_a_form_whose_key_is_not_here_is_left_as_it_is(
    clinic: Clinic, capsys: pytest.CaptureFixture[str]
) -> None:
    told = a_story(clinic)
    of(told, "UPDATE instruments SET version = version + 1 WHERE organisation_id = %s")
    of(told, "UPDATE scores SET method_version = '0' WHERE organisation_id = %s")
    before = rows(told)
    assert recompute(told) == 0
    assert "left as they are" in capsys.readouterr().out
    assert rows(told)["scores"] == before["scores"]


def test_what_was_erased_is_not_scored_again(
    clinic: Clinic, capsys: pytest.CaptureFixture[str]
) -> None:
    told = a_story(clinic)
    for table in ("answers", "scores", "score_inputs", "findings"):
        of(told, f"DELETE FROM {table} WHERE organisation_id = %s")
    assert recompute(told) == 0
    capsys.readouterr()
    found = rows(told)
    assert [found[table] for table in ("scores", "score_inputs", "findings", "series")] == [[]] * 4


def test_a_run_waits_for_whoever_is_writing_in_the_case(
    told: Story, house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    of(told, "UPDATE scores SET method_version = '0' WHERE organisation_id = %s")
    run = threading.Thread(target=recompute, args=[told])
    with house.engine.begin() as writing:
        writing.exec_driver_sql(
            f"SELECT pg_advisory_xact_lock(hashtextextended('{opening(told.case)}', 0))"
        )
        run.start()
        run.join(1.5)
        assert run.is_alive(), "it waits"
    run.join(20)
    assert not run.is_alive()
    assert "scores" in changed(capsys)
