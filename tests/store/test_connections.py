"""What one caller bound to a connection is gone when the next one uses it."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from alliance_api.store.transaction import BIND_READ
from chassis.database import MOST_TEXT, Reads
from tests.people import Clinic

COUNT = "SELECT count(*)::text FROM cases"


def test_a_binding_ends_with_its_transaction(clinic: Clinic) -> None:
    bound = [value.encode() for value in (*clinic.therapist.principal.settings, "")]

    async def three_times() -> list[bytes | None]:
        reads = Reads(clinic.house.url, size=1)
        await reads.open()
        try:
            first = await reads.run([(BIND_READ, bound), (COUNT, [])])
            then = await reads.run([(COUNT, [])])
            with pytest.raises(psycopg.Error):
                await reads.run([(BIND_READ, bound), ("SELECT 1 / 0", [])])
            return [first, then, await reads.run([(COUNT, [])])]
        finally:
            await reads.close()

    assert asyncio.run(three_times()) == [b"1", b"0", b"0"]


def test_long_statements_are_planned_again_before_a_connections_plans_fill_the_server(
    clinic: Clinic,
) -> None:
    kept = b"SELECT sum(length(statement))::text FROM pg_prepared_statements"
    long = [f"SELECT '{number}{'x' * (MOST_TEXT // 4)}'" for number in range(6)]

    async def all_of_them() -> tuple[list[bytes | None], bytes | None]:
        reads = Reads(clinic.house.url, size=1)
        await reads.open()
        try:
            found = [await reads.run([(statement, [])]) for statement in (*long, *long)]
            return found, await reads.run([(kept.decode(), [])])
        finally:
            await reads.close()

    found, octets = asyncio.run(all_of_them())
    assert found == [statement[8:-1].encode() for statement in (*long, *long)]
    assert octets is not None
    assert MOST_TEXT // 4 < int(octets) <= MOST_TEXT


@pytest.mark.parametrize(
    "setting",
    [
        "log_statement=none",
        "log_min_duration_statement=-1",
        "log_min_error_statement=panic",
        "log_parameter_max_length=0",
        "log_parameter_max_length_on_error=0",
    ],
)
def test_statements_of_the_api_never_reach_postgresqls_log(clinic: Clinic, setting: str) -> None:
    with psycopg.connect(clinic.house.admin_url) as connection:
        row = connection.execute(
            "SELECT rolconfig FROM pg_roles WHERE rolname = 'alliance_api'"
        ).fetchone()
    assert row is not None
    assert setting in row[0]
