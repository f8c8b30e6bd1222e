"""Leases, fencing and the append-only ledger, on the real database."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest

from chassis.database import address
from notifier.ledger import migrate
from notifier.ledger.claims import MOST_CLAIMS, Claims, Outcome, Settled
from tests.notifier.conftest import Plan


def rows(admin: str, query: str) -> list[dict[str, Any]]:
    with psycopg.connect(admin, row_factory=psycopg.rows.dict_row) as connection:
        return connection.execute(query.encode()).fetchall()


def only(admin: str) -> dict[str, Any]:
    (found,) = rows(admin, "SELECT * FROM reminders")
    return found


def lapse(admin: str) -> None:
    with psycopg.connect(admin) as connection:
        connection.execute("UPDATE reminders SET lease_until = now() - interval '1 ms'")


def test_what_is_due_is_claimed_once_however_many_ask(ledger_url: str, plan: Plan) -> None:
    planned = {plan() for _ in range(50)}
    plan(due="1 hour")

    async def story() -> list[str]:
        workers = [Claims(ledger_url, f"w{n}") for n in range(4)]
        found = await asyncio.gather(*(each.claim(20) for each in workers for _ in range(1)))
        found += await asyncio.gather(*(each.claim(20) for each in workers))
        for each in workers:
            await each.close()
        return [str(claimed.reminder.key) for batch in found for claimed in batch]

    got = asyncio.run(story())
    assert len(got) == len(set(got)) == 50
    assert set(got) == planned


def test_a_late_worker_neither_marks_nor_unmarks(
    ledger_admin: str, ledger_url: str, plan: Plan
) -> None:
    plan()

    async def story() -> tuple[int, int, int]:
        early, late = Claims(ledger_url, "stopped"), Claims(ledger_url, "other")
        (first,) = await early.claim(5)
        lapse(ledger_admin)
        (second,) = await late.claim(5)
        assert second.claim > first.claim
        before = await early.settle([Settled(first, Outcome.DEAD, code="X")])
        counted = await late.settle([Settled(second, Outcome.SENT, "email", receipt="r")])
        after = await early.settle([Settled(first, Outcome.FAILED, code="Y")])
        await early.close()
        await late.close()
        return before, counted, after

    assert asyncio.run(story()) == (0, 1, 0)
    assert only(ledger_admin)["state"] == "SENT"
    told = rows(ledger_admin, "SELECT worker, outcome, code, late FROM attempts ORDER BY claim")
    assert told == [
        {"worker": "stopped", "outcome": "DEAD", "code": "X", "late": True},
        {"worker": "other", "outcome": "SENT", "code": None, "late": False},
    ]


def test_an_outcome_told_twice_counts_once(ledger_admin: str, ledger_url: str, plan: Plan) -> None:
    plan()

    async def story() -> list[int]:
        claims = Claims(ledger_url, "w")
        (claimed,) = await claims.claim(1)
        settled = [Settled(claimed, Outcome.SENT, "email", receipt="r")]
        found = [await claims.settle(settled), await claims.settle(settled)]
        await claims.close()
        return found

    assert asyncio.run(story()) == [1, 0]
    assert [row["late"] for row in rows(ledger_admin, "SELECT late FROM attempts")] == [False]


def test_of_two_claims_told_at_once_the_earlier_one_is_late(
    ledger_admin: str, ledger_url: str, plan: Plan
) -> None:
    plan()

    async def story() -> int:
        claims = Claims(ledger_url, "slow")
        (first,) = await claims.claim(1)
        lapse(ledger_admin)
        (second,) = await claims.claim(1)
        both = [Settled(each, Outcome.SENT, "email", receipt="r") for each in (first, second)]
        found = await claims.settle(both)
        await claims.close()
        return found

    assert asyncio.run(story()) == 1
    assert rows(ledger_admin, "SELECT late FROM attempts ORDER BY claim") == [
        {"late": True},
        {"late": False},
    ]


@pytest.mark.parametrize(
    ("times", "reason"),
    [
        ({"due": "-2 hours", "expires": "-1 s", "stale": "1 day"}, "EXPIRED"),
        ({"due": "-2 hours", "expires": "1 day", "stale": "1 hour"}, "STALE"),
    ],
)
def test_what_comes_too_late_is_dropped_with_its_reason(
    ledger_admin: str, ledger_url: str, plan: Plan, times: dict[str, str], reason: str
) -> None:
    plan(**times)

    async def story() -> int:
        claims = Claims(ledger_url, "w")
        found = await claims.claim(5)
        await claims.close()
        return len(found)

    assert asyncio.run(story()) == 0
    row = only(ledger_admin)
    assert (row["state"], row["reason"]) == ("DROPPED", reason)
    assert rows(ledger_admin, "SELECT outcome, code FROM attempts") == [
        {"outcome": "DROPPED", "code": reason}
    ]


def test_what_takes_its_workers_with_it_is_dead_in_the_end(
    ledger_admin: str, ledger_url: str, plan: Plan
) -> None:
    plan()

    async def story() -> None:
        claims = Claims(ledger_url, "w")
        for _ in range(MOST_CLAIMS):
            assert len(await claims.claim(1)) == 1
            lapse(ledger_admin)
        assert await claims.claim(1) == []
        await claims.close()

    asyncio.run(story())
    assert (only(ledger_admin)["state"], only(ledger_admin)["reason"]) == ("DEAD", "TOO_MANY_TRIES")


def test_what_was_put_off_does_not_count_as_a_try(
    ledger_admin: str, ledger_url: str, plan: Plan
) -> None:
    plan()

    async def story() -> None:
        claims = Claims(ledger_url, "w")
        (claimed,) = await claims.claim(1)
        await claims.settle([Settled(claimed, Outcome.WAIT, code="CIRCUIT", delay=60)])
        assert await claims.claim(1) == []
        await claims.close()

    asyncio.run(story())
    row = only(ledger_admin)
    assert (row["state"], row["tries"], row["lease_until"]) == ("PLANNED", 0, None)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE attempts SET late = true", "DELETE FROM attempts", "TRUNCATE attempts"],
)
def test_nobody_changes_the_delivery_ledger(
    ledger_admin: str, ledger_url: str, statement: str
) -> None:
    for url in (ledger_url, ledger_admin):
        with (
            psycopg.connect(url) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(statement.encode())


def test_a_lost_connection_loses_no_outcome(ledger_admin: str, ledger_url: str, plan: Plan) -> None:
    plan()

    async def story() -> int:
        claims = Claims(ledger_url, "w")
        (claimed,) = await claims.claim(1)
        await claims.settle([])
        with psycopg.connect(ledger_admin, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'notifier'"
            )
        found = await claims.settle([Settled(claimed, Outcome.SENT, "email", receipt="r")])
        await claims.close()
        return found

    assert asyncio.run(story()) == 1


def test_the_ledger_goes_up_down_and_up_again(ledger_admin: str) -> None:
    migrate.migrate(ledger_admin, "base", down=True)
    left = rows(
        ledger_admin,
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
        "AND relname NOT LIKE 'alembic%'",
    )
    migrate.migrate(ledger_admin)
    assert left == []


def test_the_api_may_not_even_connect(ledger_admin: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="CONNECT privilege"):
        psycopg.connect(address(ledger_admin, user="alliance_api"))
