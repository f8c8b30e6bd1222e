"""SELECT * of every table, as everybody: only what the charter allows, and all of that."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from evidence import broken_query
from evidence.broken_query import Outcome
from evidence.world import World, a_world
from tests import house as houses
from tests.house import House, Server

# A world is expensive: it is told once, in a house of its own.
pytestmark = pytest.mark.xdist_group("broken query")


@pytest.fixture(scope="module")
def house(server: Server) -> Iterator[House]:
    url = server.copy()
    with houses.open_house(url) as found:
        yield found
    houses.drop(url)


@pytest.fixture(scope="module")
def world(house: House) -> World:
    return a_world(house, small=True)


@pytest.fixture(scope="module")
def outcome(house: House, world: World) -> Outcome:
    return broken_query.compare(house, world)


def test_nobody_sees_a_row_that_the_charter_does_not_allow(outcome: Outcome) -> None:
    assert outcome.leaks == []


def test_everybody_sees_every_row_that_the_charter_allows(outcome: Outcome) -> None:
    assert outcome.missing == []


def test_every_cell_of_the_charter_that_allows_anything_was_seen_to(outcome: Outcome) -> None:
    assert outcome.vacuous == []
    assert outcome.askers >= 100
    assert outcome.allowed > 10_000


def test_every_asker_is_another_one(world: World) -> None:
    labels = [asker.label for asker in broken_query.askers(world)]
    assert len(labels) == len(set(labels))


# Everybody but those with narrowed tokens.
ENOUGH = 20

# What breaks the law, and the table where it shows.
BREAKS = {
    "a policy without a term": ("scores", "ALTER POLICY {policy} ON scores USING (true)"),
    "a second policy": (
        "answers",
        "CREATE POLICY more ON answers FOR SELECT TO alliance_api USING (true)",
    ),
    "no row-level security": ("comments", "ALTER TABLE comments DISABLE ROW LEVEL SECURITY"),
    "consent that nobody gave": ("goals", "UPDATE standing SET consented = true"),
    "a seal that opened by itself": ("scores", "UPDATE scores SET sealed_for = '{{}}'"),
    "what opens before its time": ("answers", "UPDATE answers SET opens_at = '-infinity'"),
    "what caregivers were not invited to": (
        "measurements",
        "UPDATE measurements SET to_caregivers = true",
    ),
    "a membership without an end": (
        "cases",
        "UPDATE standing SET ends_at = NULL, starts_at = '2020-01-01'",
    ),
}


@pytest.mark.parametrize(("table", "statement"), BREAKS.values(), ids=BREAKS)
def test_the_oracle_notices(
    house: House, world: World, outcome: Outcome, table: str, statement: str
) -> None:
    [(policy,), *_] = house.rows(
        "SELECT policyname FROM pg_policies WHERE tablename = 'scores' AND cmd = 'SELECT' "
        "AND 'alliance_api' = ANY (roles) ORDER BY 1"
    )
    assert not [leak for leak in outcome.leaks if f": {table}: " in leak]
    house.change("BEGIN")
    try:
        house.change(statement.format(policy=policy))
        found = _leaks_inside(house, world, table)
    finally:
        house.change("ROLLBACK")
    assert found


def _leaks_inside(house: House, world: World, table: str) -> list[str]:
    """Compare one table from inside the transaction that broke the law."""
    rows = broken_query.everything(house)
    oracle = broken_query.Oracle(world, rows["care_team"], rows["read_ledger"])
    found = Outcome()
    for asker in broken_query.askers(world)[:ENOUGH]:
        house.change("SAVEPOINT before")
        house.change("SET LOCAL ROLE alliance_api")
        shown = broken_query.seen_on(house.admin, [table], asker)
        house.change("ROLLBACK TO before")
        broken_query.judge(found, oracle, asker, table, rows[table], shown[table])
    return found.leaks
