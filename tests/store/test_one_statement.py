"""One statement per query, counted on the wire."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from evidence.one_statement import Counts, Relayed, count, relayed, seeded
from tests.house import House

CASES, SESSIONS = 3, 8


@pytest.fixture(scope="module")
def through(house: House) -> Iterator[Relayed]:
    with relayed(house.admin_url) as found:
        yield found


@pytest.fixture(scope="module")
def counts(through: Relayed) -> Counts:
    return count(through, seeded(through, CASES, SESSIONS), CASES, SESSIONS)


def test_a_query_is_the_binding_statement_and_one_more(counts: Counts) -> None:
    assert set(counts.per_query) == {
        f"{name} {turn}" for name in ("dashboard", "trajectory") for turn in ("first", "again")
    }
    for name, statements in counts.queries.items():
        assert [text.startswith("SELECT set_config(") for text in statements] == [True, False], name


def test_the_answers_held_what_was_seeded(counts: Counts) -> None:
    assert counts.sizes == counts.floors


def test_a_mutation_is_one_transaction_that_reads_its_payload_by_one_statement(
    counts: Counts,
) -> None:
    assert counts.transactions == 1
    assert counts.payload_reads == 1
    assert counts.met


def test_instruments_are_read_without_a_transaction_of_their_own(through: Relayed) -> None:
    from tests.people import a_clinic

    clinic = a_clinic(through)
    through.relay.taken()
    clinic.therapist.reads("{ instruments { code items { number } scales { key } } }")
    assert len(through.relay.taken().statements) == 2
    clinic.therapist.reads("{ __schema { queryType { name } } }")
    assert through.relay.taken().statements == []


def test_a_connection_that_listens_for_revocations_is_no_request(through: Relayed) -> None:
    url = through.relay.url
    with psycopg.connect(url, autocommit=True) as listens, psycopg.connect(url) as asks:
        listens.execute("LISTEN nothing")
        through.relay.taken()
        with listens.transaction():
            listens.execute("SELECT 1")
        asks.execute("SELECT 2")
    assert through.relay.taken().statements == ["BEGIN", "SELECT 2", "COMMIT"]
