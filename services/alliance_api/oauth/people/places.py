"""How somebody stands to an organisation, now: asked under the law, as that person.

Only what decides the sign-in: whether they are there at all, and whether they are staff. Whom an
application may be opened for is asked of the one read path, which leaves its row in the ledger.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from alliance_api.charter.principal import Principal
from alliance_api.domain.ids import Kind, format_id, parse_id
from alliance_api.store.transaction import Database

APPLICATION: Final = "alliance-sign-in"
Read = Callable[[Principal, str, dict[str, Any]], Awaitable[Mapping[str, Any] | None]]

_THERE: Final = text("SELECT 1 FROM people WHERE id = :me AND erased_at IS NULL")
_WORDS: Final = text(
    "SELECT relation FROM standing UNION SELECT role FROM staff "
    "WHERE starts_at <= now() AND (ends_at IS NULL OR ends_at > now())"
)
_CASES: Final = text("SELECT case_id FROM standing WHERE relation = 'CAREGIVER' LIMIT 10")
# Whoever is more than a client or a caregiver works there.
_NOT_STAFF: Final = frozenset({"CLIENT", "CAREGIVER"})
_GATES: Final = frozenset({"EpisodeOfCare", "Patient"})
_NAME: Final = "query Greeting { viewer { person { name } organisation { name } } }"
_MINE: Final = """query Choices {
  viewer { cases { client { id name } } }
  caseload(first: 100) { nodes { client { id name } } }
}"""


@dataclass(frozen=True, slots=True)
class Places:
    """Somebody who is there, and the words for how they stand."""

    words: frozenset[str]

    @property
    def is_staff(self) -> bool:
        """Tell whether they work there, and so need a second step."""
        return bool(self.words - _NOT_STAFF)


@dataclass(frozen=True, slots=True)
class Choice:
    """A client for whom somebody may act."""

    person: UUID
    name: str
    is_oneself: bool


def principal(organisation: UUID, person: UUID, gates: frozenset[str] = frozenset()) -> Principal:
    """Return somebody as they themselves, in the pages of the sign-in."""
    return Principal(organisation, person, None, gates, frozenset(), APPLICATION, "HOPERAT")


async def places(database: Database, organisation: UUID, person: UUID) -> Places | None:
    """Return how somebody stands there, or None if nobody of that id is there (any more)."""
    async with database.write(principal(organisation, person)) as tx:
        there = list(await tx.run(_THERE, {"me": person}))
        words = {str(word) for (word,) in await tx.run(_WORDS)}
    return Places(frozenset(words)) if there else None


async def greeting(read: Read, organisation: UUID, person: UUID) -> tuple[str, str]:
    """Return the names of a person and of their organisation, as far as they can be read."""
    found = await read(principal(organisation, person, _GATES), _NAME, {})
    viewer = (found or {}).get("viewer") or {}
    one, house = (viewer.get(name) or {} for name in ("person", "organisation"))
    return str(one.get("name") or ""), str(house.get("name") or "")


async def choices(read: Read, database: Database, organisation: UUID, person: UUID) -> list[Choice]:
    """Return the clients for whom somebody may open an application, by name."""
    me = principal(organisation, person, _GATES)
    found = await read(me, _MINE, {}) or {}
    cases = [*(found.get("viewer") or {}).get("cases", [])]
    cases += (found.get("caseload") or {}).get("nodes", [])
    cases += await _as_caregiver(read, database, me)
    clients = {case["client"]["id"]: case["client"]["name"] for case in cases if case}
    listed = [_choice(id_, name, person) for id_, name in clients.items()]
    return sorted(listed, key=lambda one: (one.name, str(one.person)))


async def _as_caregiver(
    read: Read, database: Database, me: Principal
) -> list[Mapping[str, Any] | None]:
    async with database.write(me) as tx:
        ids = [format_id(Kind.CASE, case) for (case,) in await tx.run(_CASES)]
    if not ids:
        return []
    names = {f"c{number}": id_ for number, id_ in enumerate(ids)}
    given = ", ".join(f"${name}: ID!" for name in names)
    asked = " ".join(f"{name}: case(id: ${name}) {{ client {{ id name }} }}" for name in names)
    found = await read(me, f"query Cared({given}) {{ {asked} }}", dict(names)) or {}
    return list(found.values())


def _choice(id_: str, name: str | None, person: UUID) -> Choice:
    parsed = parse_id(id_)
    assert parsed is not None, "the API spelled its own id"  # noqa: S101  (it narrows the type)
    return Choice(parsed[1], name or "–", parsed[1] == person)
