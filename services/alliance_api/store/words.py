"""What people write in their own words, sealed under a key of their own before it is stored.

Each column of words is named here once: by whose key it is sealed, and which columns make up the row
it is bound to. From that follow the writing, the reading, and the sealing of what was stored before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from chassis.masters import Wrapped
from chassis.vault import Key, Sealed

from .tables import person_keys
from .transaction import Database, Transaction

_BETWEEN = " || '|' || "


@dataclass(frozen=True, slots=True)
class Place:
    """A column of words: whose they are, and what names the row."""

    table: str
    column: str
    author: str
    keys: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name that sealed texts are bound to."""
        return f"{self.table}.{self.column}"

    def about(self, *keys: object) -> bytes:
        """Return what a text of a row is bound to, beside its author."""
        return f"{self.name}|{','.join(map(str, keys))}".encode()

    @property
    def sealed(self) -> str:
        """The SQL of all that opening needs; null where there is no text, or no key any more."""
        row = " || ',' || ".join(f"{{row}}.{key}" for key in self.keys)
        parts = ("k.person_id", "k.master", "k.wrapped", f"'{self.name}'", row)
        return (
            f"SELECT {_BETWEEN.join(parts)}{_BETWEEN}nullif({{value}}, '') "
            "FROM person_keys k WHERE k.organisation_id = {row}.organisation_id "
            f"AND k.person_id = {{row}}.{self.author}"
        )


COMMENT = Place("comments", "body", "informant_id", ("measurement_id",))
WORDING = Place("goal_versions", "wording", "worded_by", ("goal_id", "version"))
LEVEL = Place("goal_levels", "wording", "worded_by", ("goal_id", "version", "level"))
PROMISE = Place("commitments", "wording", "owner_id", ("id",))
NOTE = Place("notes", "body", "author_id", ("id",))
REASON = Place("emergencies", "reason", "person_id", ("id",))
PLACES = (COMMENT, WORDING, LEVEL, PROMISE, NOTE, REASON)

# Held together by whoever is about to have a key wrapped, and alone by who takes a master away.
MASTERS = "masters"


def owner(organisation: UUID, person: object) -> bytes:
    """Return what keys and texts of a person are bound to."""
    return f"{organisation}|{person}".encode()


def lock_of(person: UUID) -> str:
    """Return the lock that people who write hold together, and who erases one of them alone."""
    return f"person:{person}"


async def seal(tx: Transaction, place: Place, keys: Sequence[object], said: str) -> str:
    """Seal the principal's words for a row. Not as the engine: keys are people's own."""
    return tx.vault.seal(await own_key(tx), said, place.about(*keys))


async def mac(tx: Transaction, said: bytes) -> str:
    """Return a code by which the principal's text is known again, and by nobody else guessed."""
    return (await own_key(tx)).mac(said)


async def own_key(tx: Transaction) -> Key:
    """Return the principal's own key; the first time, make one."""
    if tx.key is None:
        wrapped = await _find(tx) or await _make(tx)
        tx.key = await tx.vault.key(wrapped, owner(tx.principal.organisation, tx.principal.person))
    return tx.key


# The lock in the same round trip: until this transaction ends its author cannot be erased, and what
# it writes is found then.
_FIND = text(
    "SELECT k.master, k.wrapped, held.lock::text "
    "FROM (SELECT pg_advisory_xact_lock_shared(hashtextextended(:name, 0)) AS lock) AS held "
    "LEFT JOIN person_keys k ON k.organisation_id = :organisation AND k.person_id = :person"
)


async def _find(tx: Transaction) -> Wrapped | None:
    row = (await tx.run(_FIND, {**_me(tx), "name": lock_of(tx.principal.person)})).one()
    return None if row.wrapped is None else Wrapped(row.master, row.wrapped)


async def _make(tx: Transaction) -> Wrapped:
    await tx.lock(MASTERS, shared=True)
    made = await tx.vault.new_key(owner(tx.principal.organisation, tx.principal.person))
    values: dict[str, Any] = {
        "organisation_id": tx.principal.organisation,
        "person_id": tx.principal.person,
    }
    values |= {"master": made.master, "wrapped": made.text}
    await tx.run(insert(person_keys).values(values).on_conflict_do_nothing())
    # Another transaction of the same person may have been first.
    return await _find(tx) or made


def _me(tx: Transaction) -> dict[str, Any]:
    return {"organisation": tx.principal.organisation, "person": tx.principal.person}


async def opened(
    found: Database | Transaction, organisation: UUID, texts: Sequence[bytes]
) -> list[str | None]:
    """Open what `Place.sealed` handed out to somebody of an organisation; None does not open."""
    whose = f"{organisation}|".encode()
    return await found.vault.open(_parsed(whose, text) for text in texts)


def _parsed(whose: bytes, found: bytes) -> Sealed:
    person, master, wrapped, place, row, sealed = found.split(b"|", 5)
    return whose + person, master, wrapped, place + b"|" + row, sealed
