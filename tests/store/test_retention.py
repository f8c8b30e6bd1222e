"""Old facts are taken out; what still stands is told to whoever begins anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from alliance_api.__main__ import main
from alliance_api.store import migrate
from tests.api.test_feed import problem, schedule
from tests.feeds import answer, settle, told, told_all
from tests.house import House, open_house
from tests.people import Clinic, a_clinic


def prune(house: House, monkeypatch: pytest.MonkeyPatch, age: str = "30d") -> int:
    monkeypatch.setenv("DATABASE_ADMIN_URL", house.admin_url)
    settle(house)
    return main(["facts", "prune", "--older-than", age])


def an_old_clinic(house: House) -> Clinic:
    """Return a clinic in which something happened long ago: one session is over, one to come."""
    clinic = a_clinic(house)
    with house.at(datetime.now(UTC) - timedelta(days=60)):
        over = schedule(clinic, 61)
        schedule(clinic, 62)
        clinic.therapist.done("cancelSession", "", session=over, cancelledBy="CLIENT")
    return clinic


def test_what_is_old_and_over_is_gone_and_what_stands_is_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = an_old_clinic(house)
    before = told_all(clinic.notifier())
    young = schedule(clinic, 3)
    assert [event["type"] for event in before] == [
        "session.planned",
        "session.planned",
        "session.cancelled",
    ]
    assert prune(house, monkeypatch) == 0
    after = told_all(clinic.notifier())

    assert [event["subject"] for event in after] == [before[1]["subject"], young]
    assert after[0]["id"] == before[1]["id"]


def test_a_cursor_from_before_what_is_gone_has_expired_and_a_later_one_has_not(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = an_old_clinic(house)
    before = told_all(clinic.notifier())
    prune(house, monkeypatch)
    notifier = clinic.notifier()

    for event in before[:-1]:
        response = answer(notifier, after=event["cursor"])
        assert problem(response) == (410, "CURSOR_EXPIRED", "after")
    assert told(notifier, after=before[-1]["cursor"]) == []
    made = schedule(clinic, 5)
    later = told_all(notifier, after=before[-1]["cursor"])
    assert [event["subject"] for event in later] == [made]


@pytest.mark.parametrize("age", ["6d", "", "400", "1y", "-5d"])
def test_too_short_or_unclear_an_age_is_refused(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], age: str
) -> None:
    with pytest.raises(SystemExit):
        prune(house, monkeypatch, age)
    assert "at least 7d" in capsys.readouterr().err or age == "-5d"


def test_a_restored_database_goes_on_after_what_it_had(
    scratch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_house(scratch) as house:
        clinic = a_clinic(house)
        first = schedule(clinic, 1)
        # As after a restore into a new server: its transactions are numbered below those of facts.
        house.change("UPDATE facts SET transaction = '9000000000'")
        settle(house)
        second = schedule(clinic, 2)
        assert [event["subject"] for event in told_all(clinic.notifier())] == [second]
        monkeypatch.setenv("DATABASE_ADMIN_URL", scratch)
        assert main(["facts", "renumber"]) == 0
        found = [event["subject"] for event in told_all(clinic.notifier())]
        assert found == [first, second]


def test_what_stood_before_the_feed_was_read_is_stated_by_the_migration(scratch: str) -> None:
    with open_house(scratch) as house:
        clinic = a_clinic(house)
        schedule(clinic)
        house.change("UPDATE facts SET extra = extra - 'therapist'")
    migrate.migrate(scratch, "0003", down=True)
    migrate.migrate(scratch)
    with psycopg.connect(scratch) as connection:
        rows = connection.execute("SELECT type, subject_id, extra FROM facts ORDER BY position")
        stated = rows.fetchall()

    kinds = [kind for kind, _, _ in stated]
    assert sorted(kinds) == ["care_team.joined"] * 3 + ["case.opened", "session.planned"]
    by_kind = {kind: extra for kind, _, extra in stated}
    opened = {"client": clinic.client.id, "timeZone": "Europe/Berlin", "intervalDays": 7}
    assert by_kind["case.opened"] == opened
    assert by_kind["session.planned"]["therapist"] == clinic.therapist.id
    relations = {extra["relation"] for kind, _, extra in stated if kind == "care_team.joined"}
    assert relations == {"THERAPIST", "SUPERVISOR", "CAREGIVER"}


def test_of_a_closed_case_it_is_told_whose_it_was_and_that_it_is_closed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = a_clinic(house)
    with house.at(datetime.now(UTC) - timedelta(days=60)):
        opened = clinic.opens_case()
        due = (datetime.now(UTC) + timedelta(days=60)).isoformat()
        clinic.client.done("makeCommitment", "", case=opened["id"], wording="Call", dueAt=due)
        clinic.client.done("proposeGoal", "", case=opened["id"], wording="Sleep")
    prune(house, monkeypatch)
    going = [event["type"] for event in told_all(clinic.notifier())]
    assert going == ["case.opened", "care_team.joined", "commitment.made", "goal.proposed"]
    with house.at(datetime.now(UTC) - timedelta(days=50)):
        clinic.therapist.done("closeCase", "", case=opened["id"])
    prune(house, monkeypatch)
    # The client is still told of broken glass; of nothing else is anybody reminded.
    closed = [event["type"] for event in told_all(clinic.notifier())]
    assert closed == ["case.opened", "case.closed"]
