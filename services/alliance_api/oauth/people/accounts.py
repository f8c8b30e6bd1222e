"""Local accounts: what each person proves themselves by."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from alliance_api.store.desk import Desk, Row
from alliance_api.store.rows import new_id

from .codes import recovery_digest

_SIGNS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
LONGEST_NAME: Final = 200


class NameTaken(Exception):  # noqa: N818  (it says what happened)
    """Somebody else on this server signs in by that name. Told to operators only."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it stands; `passkeys` counts them."""

    id: UUID
    organisation: UUID
    person: UUID
    name: str
    handle: bytes
    password_hash: str | None
    totp_sealed: str | None
    totp_master: str | None
    totp_step: int | None
    passkeys: int
    disabled: bool

    @property
    def has_second_step(self) -> bool:
        """Tell whether a password alone is not enough here."""
        return self.totp_sealed is not None or self.passkeys > 0


_ACCOUNT: Final = """
SELECT a.*, (SELECT count(*) FROM oauth.passkeys p WHERE p.account_id = a.id) AS passkeys
FROM oauth.accounts a
"""
_BY_NAME: Final = f"{_ACCOUNT} WHERE a.name = %(name)s"
_BY_ID: Final = f"{_ACCOUNT} WHERE a.id = %(id)s"
_BY_HANDLE: Final = f"{_ACCOUNT} WHERE a.handle = %(handle)s"
_BY_PERSON: Final = (
    f"{_ACCOUNT} WHERE a.organisation_id = %(organisation)s AND a.person_id = %(person)s"
)
_OPEN: Final = """
INSERT INTO oauth.accounts (organisation_id, id, person_id, name, handle, made_at)
VALUES (%(organisation)s, %(id)s, %(person)s, %(name)s, %(handle)s, %(now)s)
ON CONFLICT DO NOTHING
"""
_PASSWORD: Final = "UPDATE oauth.accounts SET password_hash = %(hash)s WHERE id = %(id)s"  # noqa: S105  (SQL)
_TOTP: Final = """
UPDATE oauth.accounts SET totp_sealed = %(sealed)s, totp_master = %(master)s, totp_step = %(step)s
WHERE id = %(id)s
"""
# Whoever uses a step first has used it, on whichever replica.
_USE_STEP: Final = """
UPDATE oauth.accounts SET totp_step = %(step)s
WHERE id = %(id)s AND totp_sealed IS NOT NULL AND (totp_step IS NULL OR totp_step < %(step)s)
"""
_DISABLE: Final = "UPDATE oauth.accounts SET disabled_at = %(at)s WHERE id = %(id)s"
_NO_CODES: Final = "DELETE FROM oauth.recovery_codes WHERE account_id = %(id)s"
_CODE: Final = "INSERT INTO oauth.recovery_codes (account_id, hash) VALUES (%(id)s, %(hash)s)"
_USE_CODE: Final = """
UPDATE oauth.recovery_codes SET used_at = %(now)s
WHERE account_id = %(id)s AND hash = %(hash)s AND used_at IS NULL
"""
_LEFT: Final = """
SELECT count(*) AS codes FROM oauth.recovery_codes WHERE account_id = %(id)s AND used_at IS NULL
"""
_PASSKEY: Final = """
INSERT INTO oauth.passkeys (credential, account_id, public_key, sign_count, label, made_at)
VALUES (%(credential)s, %(id)s, %(key)s, %(count)s, %(label)s, %(now)s)
ON CONFLICT DO NOTHING
"""
_PASSKEYS: Final = """
SELECT credential, label, made_at, used_at FROM oauth.passkeys WHERE account_id = %(id)s
ORDER BY made_at, credential
"""
_KEY: Final = """
SELECT p.public_key, p.sign_count, p.account_id FROM oauth.passkeys p
WHERE p.credential = %(credential)s
"""
# A count that does not grow was copied, unless the authenticator does not count at all.
_USE_KEY: Final = """
UPDATE oauth.passkeys SET sign_count = %(count)s, used_at = %(now)s
WHERE credential = %(credential)s
  AND (sign_count < %(count)s OR (sign_count = 0 AND %(count)s = 0))
"""
_NO_KEY: Final = (
    "DELETE FROM oauth.passkeys WHERE account_id = %(id)s AND credential = %(credential)s"
)
_NO_KEYS: Final = "DELETE FROM oauth.passkeys WHERE account_id = %(id)s"


def folded(name: str) -> str:
    """Return how a log-in name is kept and compared."""
    return name.strip().casefold()[:LONGEST_NAME]


def new_name() -> str:
    """Return a log-in name that says nothing about anybody."""
    return "-".join("".join(secrets.choice(_SIGNS) for _ in range(4)) for _ in range(3))


async def by_name(desk: Desk, name: str) -> Account | None:
    """Return the account of a log-in name."""
    return _account(await desk.row(_BY_NAME, name=folded(name)))


async def by_id(desk: Desk, account: UUID) -> Account | None:
    """Return an account."""
    return _account(await desk.row(_BY_ID, id=account))


async def by_handle(desk: Desk, handle: bytes) -> Account | None:
    """Return the account that a passkey names."""
    return _account(await desk.row(_BY_HANDLE, handle=handle))


async def by_person(desk: Desk, organisation: UUID, person: UUID) -> Account | None:
    """Return a person's account."""
    return _account(await desk.row(_BY_PERSON, organisation=organisation, person=person))


async def opened(
    desk: Desk, organisation: UUID, person: UUID, name: str | None, now: datetime
) -> Account:
    """Return a person's account; a new one if there is none. Raises `NameTaken`."""
    found = await by_person(desk, organisation, person)
    if found is not None:
        return found
    values = {"organisation": organisation, "person": person, "now": now}
    chosen = folded(name or new_name())
    await desk.run(_OPEN, id=new_id(), name=chosen, handle=secrets.token_bytes(32), **values)
    made = await by_person(desk, organisation, person)
    if made is None:
        raise NameTaken
    return made


async def set_password(desk: Desk, account: UUID, hashed: str | None) -> None:
    """Keep the hash of a password, or none."""
    await desk.run(_PASSWORD, id=account, hash=hashed)


async def set_totp(
    desk: Desk, account: UUID, sealed: str | None, master: str | None, step: int | None
) -> None:
    """Keep the sealed seed of one-time codes, and the step that was used to prove it; or none."""
    await desk.run(_TOTP, id=account, sealed=sealed, master=master, step=step)


async def use_step(desk: Desk, account: UUID, step: int) -> bool:
    """Use up a step of the one-time codes; False if it, or a later one, was used before."""
    return await desk.run(_USE_STEP, id=account, step=step) == 1


async def set_recovery_codes(desk: Desk, account: UUID, codes: Sequence[str]) -> None:
    """Keep the hashes of new recovery codes; the old ones are void."""
    await desk.run(_NO_CODES, id=account)
    for code in codes:
        await desk.run(_CODE, id=account, hash=recovery_digest(code))


async def use_recovery_code(desk: Desk, account: UUID, code: str, now: datetime) -> bool:
    """Use up a recovery code; False if it is none, or was used before."""
    return await desk.run(_USE_CODE, id=account, hash=recovery_digest(code), now=now) == 1


async def recovery_codes_left(desk: Desk, account: UUID) -> int:
    """Return how many recovery codes are good."""
    row = await desk.row(_LEFT, id=account)
    return int(row["codes"]) if row else 0


async def add_passkey(  # noqa: PLR0913  (the columns of a row)
    desk: Desk,
    account: UUID,
    credential: bytes,
    public_key: bytes,
    count: int,
    label: str,
    now: datetime,
) -> bool:
    """Keep a passkey; False if somebody has it already."""
    values = {"credential": credential, "key": public_key, "count": count, "label": label}
    return await desk.run(_PASSKEY, id=account, now=now, **values) == 1


async def passkeys(desk: Desk, account: UUID) -> list[Row]:
    """Return the passkeys of an account, the oldest first."""
    return await desk.rows(_PASSKEYS, id=account)


async def passkey(desk: Desk, credential: bytes) -> Row | None:
    """Return a passkey's public key, count and account."""
    return await desk.row(_KEY, credential=credential)


async def use_passkey(desk: Desk, credential: bytes, count: int, now: datetime) -> bool:
    """Note that a passkey was used; False if its count went back, as a copy's would."""
    return await desk.run(_USE_KEY, credential=credential, count=count, now=now) == 1


async def remove_passkey(desk: Desk, account: UUID, credential: bytes) -> None:
    """Forget a passkey of an account."""
    await desk.run(_NO_KEY, id=account, credential=credential)


async def begin_anew(desk: Desk, account: UUID) -> None:
    """Take away everything an account could be signed in to with."""
    await set_password(desk, account, None)
    await set_totp(desk, account, None, None, None)
    await desk.run(_NO_KEYS, id=account)
    await desk.run(_NO_CODES, id=account)
    await desk.run(_DISABLE, id=account, at=None)


async def disable(desk: Desk, account: UUID, now: datetime) -> None:
    """Let nobody sign in any more, until they are invited again."""
    await desk.run(_DISABLE, id=account, at=now)


def _account(row: Mapping[str, Any] | None) -> Account | None:
    if row is None:
        return None
    return Account(
        id=row["id"],
        organisation=row["organisation_id"],
        person=row["person_id"],
        name=row["name"],
        handle=bytes(row["handle"]),
        password_hash=row["password_hash"],
        totp_sealed=row["totp_sealed"],
        totp_master=row["totp_master"],
        totp_step=row["totp_step"],
        passkeys=int(row["passkeys"]),
        disabled=row["disabled_at"] is not None,
    )
