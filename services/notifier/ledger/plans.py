"""Facts into plans: the feed's cursor, what is remembered and what is planned move together, or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import UUID

from notifier.domain.facts import PERSON_ERASED, Fact
from notifier.domain.kind import Kind, Thing
from notifier.domain.occasions import Case, Mark, recall, touched
from notifier.domain.planning import react
from notifier.domain.preferences import Preferences
from notifier.domain.reminder import Reminder

from . import planned
from .claims import WAKE
from .rows import COLUMNS, reminder_of
from .store import Connection, Store, rows

Read = Callable[[Mapping[str, Any]], Preferences]


class Plans:
    """What is planned, changed by facts only."""

    def __init__(self, store: Store, kinds: Sequence[Kind], read: Read) -> None:
        """Keep the kinds, and how what people chose is read."""
        self._store, self._kinds, self._read = store, kinds, read

    async def position(self, feed: str) -> str | None:
        """Return how far a feed was read; None before its first batch."""
        found = await self._store.run(_POSITION, {"feed": feed})
        return found[0]["cursor"] if found else None

    async def take(self, feed: str, after: str | None, new: Sequence[Fact], cursor: str) -> bool:
        """Plan what facts after a cursor change, and move the cursor, in one transaction.

        False if another worker was faster: then nothing was done.
        """
        async with self._store.transaction() as connection:
            given = {"feed": feed, "after": after, "cursor": cursor}
            if not await rows(connection, _FIRST if after is None else _MOVE, given):
                return False
            await self._plan(connection, new)
        return True

    async def forget(self, feed: str, after: str | None) -> None:
        """Forget how far a feed was read, unless another worker has read on meanwhile."""
        await self._store.run(_FORGET, {"feed": feed, "after": after})

    async def replan(self, organisation: str, person: str) -> None:
        """Plan a person's cases anew, as when their preferences have changed."""
        async with self._store.transaction() as connection:
            for case in await cases_of(connection, organisation, [person]):
                await self._react(connection, organisation, case, ())

    async def case(self, connection: Connection, organisation: str, case: str) -> Case:
        """Return what is remembered of a case."""
        given = {"organisation": organisation, "case": case}
        return recall(organisation, case, map(_mark, await rows(connection, _MARKS, given)))

    async def preferences(
        self, connection: Connection, organisation: str, people: Iterable[str]
    ) -> dict[str, Preferences]:
        """Return what people chose, of those who did."""
        given = {"organisation": organisation, "people": sorted(set(people))}
        found = await rows(connection, _CHOSEN, given)
        return {row["person_id"]: self._read(row["chosen"]) for row in found}

    async def _plan(self, connection: Connection, new: Sequence[Fact]) -> None:
        for organisation, case in sorted({(f.organisation, f.case) for f in new if f.case}):
            mine = [f for f in new if (f.organisation, f.case) == (organisation, case)]
            await self._react(connection, organisation, case, mine)
        for fact in new:
            if fact.type == PERSON_ERASED:
                await self._erase(connection, fact)
        await connection.execute(f"NOTIFY {WAKE}".encode())

    async def _erase(self, connection: Connection, fact: Fact) -> None:
        """Forget a person: key, addresses, choices and plans; what was sent stays as a number."""
        for case in await cases_of(connection, fact.organisation, [fact.subject]):
            await self._react(connection, fact.organisation, case, (fact,))
        given = {"organisation": fact.organisation, "person": fact.subject}
        for statement in _ERASE:
            await rows(connection, statement, given)

    async def _react(
        self, connection: Connection, organisation: str, case: str, new: Sequence[Fact]
    ) -> None:
        # Two workers may plan one case: of two feeds, or for a preference. One after the other.
        await rows(connection, _LOCK, {"key": f"{organisation}|{case}"})
        now = (await rows(connection, "SELECT ledger_now() AS now"))[0]["now"]
        memory = await self.case(connection, organisation, case)
        pending = await _pending(connection, organisation, case)
        people = {each.id.partition("/")[0] for each in memory.of(Thing.PLACE)}
        people |= {
            place.partition("/")[0]
            for f in new
            for thing, place, _ in touched(f)
            if thing is Thing.PLACE
        }
        chosen = await self.preferences(connection, organisation, people)
        changes = react(new, memory, self._kinds, chosen, pending, now)
        await _remember(connection, organisation, case, new)
        await planned.write(connection, organisation, changes, now)


async def cases_of(connection: Connection, organisation: str, people: Sequence[str]) -> list[str]:
    """Return the cases in which people have or had a place."""
    given = {"organisation": organisation, "people": [f"{each}/%" for each in people]}
    return [row["case_id"] for row in await rows(connection, _CASES, given)]


async def _pending(connection: Connection, organisation: str, case: str) -> dict[UUID, Reminder]:
    given = {"organisation": organisation, "case": case}
    return {row["id"]: reminder_of(row) for row in await rows(connection, _PENDING, given)}


async def _remember(
    connection: Connection, organisation: str, case: str, new: Sequence[Fact]
) -> None:
    given = [
        {
            "organisation": organisation,
            "case": case,
            "thing": thing.value,
            "occasion": occasion,
            "type": mark.type,
            "at": mark.at,
            "fact": mark.fact,
            "extra": json.dumps(dict(mark.extra)),
            "traceparent": mark.traceparent,
        }
        for fact in new
        for thing, occasion, mark in touched(fact)
    ]
    async with connection.cursor() as cursor:
        await cursor.executemany(_REMEMBER, given)


def _mark(row: dict[str, Any]) -> tuple[Thing, str, Mark]:
    extra = MappingProxyType(row["extra"])
    mark = Mark(row["type"], row["at"], row["fact"], extra, row["traceparent"])
    return Thing(row["thing"]), row["occasion"], mark


_POSITION = "SELECT cursor FROM feed_positions WHERE name = %(feed)s"
# Whoever moves the cursor first has read the batch; the other waits here, and then moves nothing.
_FIRST = """
INSERT INTO feed_positions (name, cursor) VALUES (%(feed)s, %(cursor)s)
ON CONFLICT DO NOTHING RETURNING name
"""
_MOVE = """
UPDATE feed_positions SET cursor = %(cursor)s, moved_at = now()
WHERE name = %(feed)s AND cursor = %(after)s RETURNING name
"""
_FORGET = "DELETE FROM feed_positions WHERE name = %(feed)s AND cursor = %(after)s"
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%(key)s, 0))"
_MARKS = """
SELECT thing, occasion, type, at, fact, extra, traceparent FROM marks
WHERE organisation_id = %(organisation)s AND case_id = %(case)s
"""
_CASES = """
SELECT DISTINCT case_id FROM marks
WHERE organisation_id = %(organisation)s AND thing = 'place' AND occasion LIKE ANY (%(people)s)
ORDER BY case_id
"""
_CHOSEN = """
SELECT person_id, chosen FROM preferences
WHERE organisation_id = %(organisation)s AND person_id = ANY (%(people)s)
"""
_PENDING = f"""
SELECT {COLUMNS} FROM reminders
WHERE organisation_id = %(organisation)s AND case_id = %(case)s
  AND state IN ('PLANNED', 'FAILED') FOR UPDATE
"""
_REMEMBER = b"""
INSERT INTO marks (organisation_id, case_id, thing, occasion, type, at, fact, extra, traceparent)
VALUES (%(organisation)s, %(case)s, %(thing)s, %(occasion)s, %(type)s, %(at)s, %(fact)s,
        %(extra)s, %(traceparent)s)
ON CONFLICT (organisation_id, case_id, thing, occasion, type) DO UPDATE SET
  at = excluded.at, fact = excluded.fact, extra = excluded.extra,
  traceparent = excluded.traceparent
WHERE (excluded.at, excluded.fact) > (marks.at, marks.fact)
"""
_ERASE = tuple(
    f"DELETE FROM {table} WHERE organisation_id = %(organisation)s AND {column} = %(person)s"
    for table, column in (
        ("reminders", "recipient"),
        ("contact_points", "person_id"),
        ("preferences", "person_id"),
        ("person_keys", "person_id"),
    )
)
