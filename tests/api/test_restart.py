"""PostgreSQL goes away and comes back between requests: nobody is told, and nothing is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests import house as houses
from tests.house import House
from tests.people import Clinic, a_clinic, mutation_text, with_key

GOALS = "query($id: ID!) { case(id: $id) { goals { wording } } }"
READ = "query($id: ID!) { case(id: $id) { status client { name } } }"


@pytest.fixture
def house(scratch: str) -> Iterator[House]:
    with houses.open_house(scratch) as found:
        yield found


@pytest.fixture
def clinic(house: House) -> Clinic:
    return a_clinic(house)


def warm(clinic: Clinic, requests: int) -> None:
    """Fill both pools: every connection that can be open is open."""
    read = clinic.therapist.request(READ, id=clinic.case_id)
    given = {"case": clinic.case_id, "wording": "Sleep"}
    writes = [
        clinic.client.request(mutation_text("proposeGoal"), input=with_key(given))
        for _ in range(requests)
    ]
    replies = clinic.house.together([read] * requests * 4 + writes)
    assert {reply.status for reply in replies} == {200}


def terminate(house: House) -> int:
    """Terminate every backend of the app; return how many there were."""
    found = house.rows(
        "SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND usename = 'alliance_api'"
    )
    # The signal is sent; wait until each has really gone. New ones may come any time.
    until = time.monotonic() + 30
    while house.rows(
        "SELECT FROM pg_stat_activity WHERE pid = ANY (%s)", [pid for pid, _ in found]
    ):
        assert time.monotonic() < until
        time.sleep(0.01)
    return len(found)


@pytest.mark.parametrize("requests", [1, 16])
def test_after_every_connection_was_terminated_a_query_is_answered(
    clinic: Clinic, requests: int
) -> None:
    warm(clinic, requests)
    for _ in range(3):
        assert terminate(clinic.house) >= 1
        reply = clinic.therapist.asks(READ, id=clinic.case_id)
        assert reply.data["case"]["status"] == "ACTIVE"


@pytest.mark.parametrize("requests", [1, 16])
def test_after_every_connection_was_terminated_a_mutation_is_done_once(
    clinic: Clinic, requests: int
) -> None:
    warm(clinic, requests)
    for wording in ("first", "second", "third"):
        assert terminate(clinic.house) >= 1
        clinic.client.done("proposeGoal", "", case=clinic.case_id, wording=wording)
        goals = clinic.client.reads(GOALS, id=clinic.case_id)["case"]["goals"]
        assert [goal["wording"] for goal in goals].count(wording) == 1


def test_all_at_once_after_every_connection_was_terminated(clinic: Clinic) -> None:
    warm(clinic, 16)
    floor = terminate(clinic.house)
    assert floor >= 8, "the pools were full"
    warm(clinic, 16)


def test_after_a_failed_statement_the_same_connection_answers(clinic: Clinic) -> None:
    """A read that fails in the database leaves its line in order for the next one."""
    house = clinic.house
    house.change("ALTER TABLE cases RENAME COLUMN status TO status_once")
    broken = [clinic.therapist.asks(READ, id=clinic.case_id).status for _ in range(5)]
    house.change("ALTER TABLE cases RENAME COLUMN status_once TO status")
    assert set(broken) == {500}
    assert clinic.therapist.asks(READ, id=clinic.case_id).status == 200


def test_after_a_migration_changed_a_table_prepared_statements_are_prepared_anew(
    clinic: Clinic,
) -> None:
    warm(clinic, 4)
    clinic.house.change("ALTER TABLE cases ADD COLUMN note text")
    clinic.house.change("ALTER TABLE goals ADD COLUMN note text")
    warm(clinic, 4)
