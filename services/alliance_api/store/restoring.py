"""Who was erased, as a list that is kept outside the database, so that a restore can erase again.

The list holds ids and instants. It carries a code made with the current master key: somebody who
could put a person into it could have them erased.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from alliance_api.charter.principal import Principal, house_of
from chassis.masters import Ring

from .keeping import Connection
from .rows import all_of
from .tables import erasures, people
from .transaction import Transaction

FORMAT = "alliance-erasures-1"
Erased = Mapping[str, Any]


class BadList(ValueError):  # noqa: N818  (it says what was wrong)
    """A list of the erased that cannot be trusted."""


async def erased(connection: Connection) -> list[Erased]:
    """Return who was erased, of every organisation, in order (as the operator)."""
    rows = await connection.execute(
        "SELECT organisation_id, person_id, asked_by, erased_at FROM erasures "
        "ORDER BY erased_at, organisation_id, person_id"
    )
    names = ("organisation", "person", "asked_by", "erased_at")
    return [dict(zip(names, row, strict=True)) for row in await rows.fetchall()]


def spelt(found: Sequence[Erased], ring: Ring, now: datetime) -> str:
    """Spell a list, with its code."""
    told = [{name: str(value) for name, value in each.items()} for each in found]
    body = {"format": FORMAT, "made_at": str(now), "master": ring.current, "erased": told}
    return json.dumps({**body, "code": ring.mac(ring.current, _bytes(body))}, indent=1) + "\n"


def parsed(text: str, ring: Ring | None) -> list[Erased]:
    """Read a list; without master keys its code is not looked at. Raises `BadList`."""
    try:
        found = json.loads(text)
        code = found.pop("code")
        listed = [_row(each) for each in found["erased"]]
        known = found["format"] == FORMAT
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadList("this is no list of the erased") from None
    if not known:
        raise BadList("this list has another format")
    if ring is not None:
        if found.get("master") not in ring.names:
            raise BadList("the master key that signed this list is not here any more")
        if not hmac.compare_digest(str(code), ring.mac(found["master"], _bytes(found))):
            raise BadList("this list was changed")
    return listed


def _row(each: Any) -> Erased:
    ids = {name: UUID(each[name]) for name in ("organisation", "person", "asked_by")}
    return {**ids, "erased_at": datetime.fromisoformat(each["erased_at"])}


def _bytes(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()


def asker(organisation: UUID, person: UUID) -> Principal:
    """Return in whose name a person is erased again."""
    return replace(house_of(organisation), person=person)


async def known(tx: Transaction, *ids: UUID) -> frozenset[UUID]:
    """Return which people are there and not erased (as the operator)."""
    asked = select(people.c.id).where(
        people.c.organisation_id == tx.principal.organisation,
        people.c.id.in_(ids),
        people.c.erased_at.is_(None),
    )
    return frozenset(row["id"] for row in await all_of(tx, asked))


async def record(tx: Transaction, person: UUID, asked_by: UUID, at: datetime) -> None:
    """Insert again that a person was erased (as the operator)."""
    values: dict[str, Any] = {
        "organisation_id": tx.principal.organisation,
        "person_id": person,
        "asked_by": asked_by,
        "erased_at": at,
    }
    await tx.run(insert(erasures).values(values).on_conflict_do_nothing())
