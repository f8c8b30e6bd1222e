"""A person as the notifier knows them: where they may be reached, sealed under a key of their own.

A key that was destroyed opens nothing any more, in backups neither.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from chassis.masters import Wrapped
from chassis.vault import Key, Vault
from notifier.domain.sending import Sent

from .steady import Row
from .store import Connection, Store, rows

CODE_DIGITS = 6
CODE_LASTS = timedelta(minutes=15)
CODE_TRIES = 5
MOST_POINTS = 10
FAILING_DAYS = 5


# An organisation's id, and the id of one of its people.
Who = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """One way to one person. `address` and `secrets` are in clear, and print nothing of it."""

    id: UUID
    channel: str
    state: str
    address: str
    secrets: tuple[str, ...] = ()
    disabled_reason: str | None = None
    is_failing: bool = False

    def __repr__(self) -> str:
        return f"ContactPoint({self.id}, {self.channel}, {self.state})"


@dataclass(frozen=True, slots=True)
class Known:
    """What a delivery has to know of a person."""

    chosen: dict[str, Any] | None
    points: tuple[ContactPoint, ...]
    sent: tuple[Sent, ...] = ()


class TooMany(Exception):  # noqa: N818  (it says what is the matter)
    """A person has as many contact points as one may have."""


class Contacts:
    """Contact points of people, and what they chose."""

    def __init__(self, store: Store, vault: Vault) -> None:
        """Keep where they are, and what opens them."""
        self._store, self._vault = store, vault

    async def known(self, organisation: str, person: str) -> Known:
        """Return what a person chose and where they are reached."""
        who = (organisation, person)
        return (await self.known_all([who]))[who]

    async def known_all(self, people: Collection[Who]) -> dict[Who, Known]:
        """Return the same of many people, each an organisation's id and a person's."""
        wanted = sorted(set(people))
        given = {
            "organisations": [organisation for organisation, _ in wanted],
            "people": [person for _, person in wanted],
        }
        found = await self._store.run(_KNOWN, given)
        return {(row["organisation"], row["person"]): await self._known(row) for row in found}

    async def _known(self, row: Row) -> Known:
        sent = tuple(
            Sent(each["kind"], datetime.fromisoformat(each["at"])) for each in row["sent"] or ()
        )
        if row["master"] is None:
            return Known(row["chosen"], (), sent)
        key = await self._key(row, row["organisation"], row["person"])
        points = tuple(_opened(key, each) for each in row["points"] or ())
        return Known(row["chosen"], points, sent)

    async def add(
        self, organisation: str, person: str, channel: str, address: str, keys: tuple[str, ...] = ()
    ) -> tuple[ContactPoint, str]:
        """Keep a contact point that is to be verified; return it and its code.

        Raises `TooMany`.
        """
        made, code = uuid4(), _code()
        async with self._store.transaction() as connection:
            key = await self._own_key(connection, organisation, person)
            given = {
                "organisation": organisation,
                "id": made,
                "person": person,
                "channel": channel,
                "address": self._vault.seal(key, address, _place(made, "address")),
                "secrets": self._sealed(key, made, keys),
                "code": key.mac(f"{made}:{code}".encode()),
                "lasts": CODE_LASTS,
                "most": MOST_POINTS,
            }
            if not await rows(connection, _ADD, given):
                raise TooMany
        return ContactPoint(made, channel, "UNVERIFIED", address, keys), code

    async def new_code(self, organisation: str, person: str, point: ContactPoint) -> str | None:
        """Return another code for an unverified point; None within a minute of the last one."""
        code = _code()
        async with self._store.transaction() as connection:
            key = await self._own_key(connection, organisation, person)
            given = {
                "organisation": organisation,
                "person": person,
                "id": point.id,
                "code": key.mac(f"{point.id}:{code}".encode()),
                "lasts": CODE_LASTS,
            }
            found = await rows(connection, _NEW_CODE, given)
        return code if found else None

    async def verify(self, organisation: str, person: str, point: UUID, code: str) -> bool:
        """Say whether a code was right. Each guess is counted before it is looked at."""
        given = {"organisation": organisation, "person": person, "id": point, "most": CODE_TRIES}
        async with self._store.transaction() as connection:
            found = await rows(connection, _GUESS, given)
        if not found:
            return False
        async with self._store.transaction() as connection:
            key = await self._own_key(connection, organisation, person)
            right = key.mac(f"{point}:{code}".encode())
            if not hmac.compare_digest(right, found[0]["code_hash"]):
                return False
            return bool(await rows(connection, _VERIFIED, given))

    async def remove(self, organisation: str, person: str, point: UUID) -> bool:
        """Forget a contact point; say whether it was there."""
        given = {"organisation": organisation, "person": person, "id": point}
        return bool(await self._store.run(_REMOVE, given))

    async def rotate(
        self, organisation: str, person: str, point: ContactPoint, keys: Iterable[str]
    ) -> None:
        """Replace the secrets of a webhook, the current one first."""
        async with self._store.transaction() as connection:
            key = await self._own_key(connection, organisation, person)
            given = {
                "organisation": organisation,
                "person": person,
                "id": point.id,
                "secrets": self._sealed(key, point.id, tuple(keys)),
            }
            await rows(connection, _ROTATE, given)

    async def gone(self, organisation: str, point: UUID, reason: str) -> None:
        """Use a contact point no more."""
        given = {"organisation": organisation, "id": point, "reason": reason}
        await self._store.run(_GONE, given)

    async def failing(self, organisation: str, point: UUID) -> None:
        """Note that it does not answer; after days of nothing else it is used no more."""
        given = {
            "organisation": organisation,
            "id": point,
            "patience": timedelta(days=FAILING_DAYS),
        }
        await self._store.run(_FAILING, given)

    async def healthy(self, organisation: str, point: UUID) -> None:
        """Note that it answered."""
        await self._store.run(_HEALTHY, {"organisation": organisation, "id": point})

    async def choose(self, organisation: str, person: str, chosen: dict[str, Any]) -> None:
        """Keep what a person chose."""
        given = {"organisation": organisation, "person": person, "chosen": json.dumps(chosen)}
        await self._store.run(_CHOOSE, given)

    async def leave(self, organisation: str, person: str, kind: str) -> None:
        """Note that a person wants no more of a kind; all else they chose stays."""
        opted = json.dumps({"opted": {kind: False}})
        given = {"organisation": organisation, "person": person, "kind": kind, "opted": opted}
        await self._store.run(_LEAVE, given)

    def _sealed(self, key: Key, point: UUID, keys: tuple[str, ...]) -> str | None:
        return self._vault.seal(key, json.dumps(keys), _place(point, "secrets")) if keys else None

    async def _key(self, row: Row, organisation: str, person: str) -> Key:
        wrapped = Wrapped(row["master"], row["wrapped"])
        return await self._vault.key(wrapped, _owner(organisation, person))

    async def _own_key(self, connection: Connection, organisation: str, person: str) -> Key:
        given = {"organisation": organisation, "person": person}
        found = await rows(connection, _KEY, given)
        if not found:
            made = await self._vault.new_key(_owner(organisation, person))
            given |= {"master": made.master, "wrapped": made.text}
            # Another request may have made one meanwhile, and then that is the key.
            await rows(connection, _NEW_KEY, given)
            found = await rows(connection, _KEY, given)
        return await self._key(found[0], organisation, person)


def _owner(organisation: str, person: str) -> bytes:
    return f"{organisation}|{person}".encode()


def _place(point: UUID, column: str) -> bytes:
    return f"contact_points|{column}|{point}".encode()


def _code() -> str:
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"


def _opened(key: Key, row: Row) -> ContactPoint:
    point = UUID(row["id"])
    sealed = row["secrets"]
    return ContactPoint(
        point,
        row["channel"],
        row["state"],
        key.open(row["address"].encode(), _place(point, "address")),
        tuple(json.loads(key.open(sealed.encode(), _place(point, "secrets")))) if sealed else (),
        row["disabled_reason"],
        row["failing"],
    )


_KNOWN = """
SELECT w.organisation, w.person, k.master, k.wrapped,
  (SELECT chosen FROM preferences p
   WHERE p.organisation_id = w.organisation AND p.person_id = w.person) AS chosen,
  (SELECT json_agg(json_build_object('id', c.id, 'channel', c.channel, 'state', c.state,
      'address', c.address, 'secrets', c.secrets, 'disabled_reason', c.disabled_reason,
      'failing', c.failing_since IS NOT NULL)
      ORDER BY c.made_at, c.id)
   FROM contact_points c
   WHERE c.organisation_id = w.organisation AND c.person_id = w.person) AS points,
  (SELECT json_agg(json_build_object('kind', r.kind, 'at', r.settled_at))
   FROM reminders r
   WHERE r.organisation_id = w.organisation AND r.recipient = w.person AND r.state = 'SENT'
     AND r.settled_at > ledger_now() - interval '7 days') AS sent
FROM unnest(%(organisations)s::text[], %(people)s::text[]) AS w(organisation, person)
LEFT JOIN person_keys k ON k.organisation_id = w.organisation AND k.person_id = w.person
"""
_ADD = """
INSERT INTO contact_points (organisation_id, id, person_id, channel, address, secrets, code_hash,
                            code_until)
SELECT %(organisation)s, %(id)s, %(person)s, %(channel)s, %(address)s, %(secrets)s, %(code)s,
       now() + %(lasts)s
WHERE (SELECT count(*) FROM contact_points
       WHERE organisation_id = %(organisation)s AND person_id = %(person)s) < %(most)s
RETURNING id
"""
_NEW_CODE = """
UPDATE contact_points SET code_hash = %(code)s, code_until = now() + %(lasts)s, code_tries = 0
WHERE organisation_id = %(organisation)s AND id = %(id)s AND person_id = %(person)s
  AND state = 'UNVERIFIED' AND code_until < now() + %(lasts)s - interval '1 minute'
RETURNING id
"""
_GUESS = """
UPDATE contact_points SET code_tries = code_tries + 1
WHERE organisation_id = %(organisation)s AND id = %(id)s AND person_id = %(person)s
  AND state = 'UNVERIFIED' AND code_until > now() AND code_tries < %(most)s
RETURNING code_hash
"""
_VERIFIED = """
UPDATE contact_points SET state = 'VERIFIED', code_hash = NULL, code_until = NULL
WHERE organisation_id = %(organisation)s AND id = %(id)s AND person_id = %(person)s
  AND state = 'UNVERIFIED'
RETURNING id
"""
_REMOVE = """
DELETE FROM contact_points
WHERE organisation_id = %(organisation)s AND id = %(id)s AND person_id = %(person)s RETURNING id
"""
_ROTATE = """
UPDATE contact_points SET secrets = %(secrets)s
WHERE organisation_id = %(organisation)s AND id = %(id)s AND person_id = %(person)s
"""
_GONE = """
UPDATE contact_points SET state = 'DISABLED', disabled_reason = %(reason)s
WHERE organisation_id = %(organisation)s AND id = %(id)s
"""
_FAILING = """
UPDATE contact_points SET
  failing_since = coalesce(failing_since, ledger_now()),
  state = CASE WHEN failing_since < ledger_now() - %(patience)s THEN 'DISABLED' ELSE state END,
  disabled_reason =
    CASE WHEN failing_since < ledger_now() - %(patience)s THEN 'FAILING' ELSE disabled_reason END
WHERE organisation_id = %(organisation)s AND id = %(id)s
"""
_HEALTHY = """
UPDATE contact_points SET failing_since = NULL
WHERE organisation_id = %(organisation)s AND id = %(id)s AND failing_since IS NOT NULL
"""
_CHOOSE = """
INSERT INTO preferences (organisation_id, person_id, chosen)
VALUES (%(organisation)s, %(person)s, %(chosen)s)
ON CONFLICT (organisation_id, person_id)
DO UPDATE SET chosen = excluded.chosen, changed_at = now()
"""
_LEAVE = """
INSERT INTO preferences AS p (organisation_id, person_id, chosen)
VALUES (%(organisation)s, %(person)s, %(opted)s)
ON CONFLICT (organisation_id, person_id) DO UPDATE SET changed_at = now(), chosen =
  jsonb_set(p.chosen, '{opted}', coalesce(p.chosen -> 'opted', '{}'::jsonb)
            || jsonb_build_object(%(kind)s::text, false))
"""
_KEY = """
SELECT master, wrapped FROM person_keys
WHERE organisation_id = %(organisation)s AND person_id = %(person)s
"""
_NEW_KEY = """
INSERT INTO person_keys (organisation_id, person_id, master, wrapped)
VALUES (%(organisation)s, %(person)s, %(master)s, %(wrapped)s) ON CONFLICT DO NOTHING
"""
