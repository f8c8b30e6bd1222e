"""The keys that tokens are signed with: published first, then signing, then retired, with overlap.

A private half is sealed under a key of its own, and that one is wrapped by a master key. All
replicas read the same rows, and each looks at them again every few seconds.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from anyio import to_thread
from joserfc import jwk

from alliance_api.store.desk import SIGNING, Desk, Row
from alliance_api.store.transaction import Database
from chassis.masters import Wrapped
from chassis.vault import Vault

from .revoking import tell_keys

ALGORITHMS: Final = ("ES256", "RS256")
# How long a resource server may go on with the keys it fetched (`chassis.keys.FRESH_SECONDS`).
PUBLISHED_BEFORE: Final = timedelta(minutes=10)
# The longest life of a token signed last, and of a copy of the keys made just before.
PUBLISHED_AFTER: Final = timedelta(minutes=75)
FIRST_BEFORE: Final = timedelta(minutes=5)
LOOK_SECONDS: Final = 10.0
MASTERS: Final = "masters"  # the lock under which no master key is retired

_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended('oauth.signing_keys', 0))"
_MASTERS: Final = "SELECT pg_advisory_xact_lock_shared(hashtextextended(%(name)s, 0))"
_ALL: Final = """
SELECT * FROM oauth.signing_keys WHERE gone_at IS NULL OR gone_at > %(at)s
ORDER BY signs_from DESC, kid
"""
_ADD: Final = """
INSERT INTO oauth.signing_keys
  (kid, algorithm, public, wrapped, master, sealed, made_at, signs_from)
VALUES (%(kid)s, %(algorithm)s, %(public)s::jsonb, %(wrapped)s, %(master)s, %(sealed)s, %(at)s,
  %(starts)s)
"""
_RETIRE: Final = """
UPDATE oauth.signing_keys SET signs_until = %(starts)s, gone_at = %(gone)s
WHERE algorithm = %(algorithm)s AND kid <> %(kid)s
  AND (signs_until IS NULL OR signs_until > %(starts)s)
"""
_DROP: Final = """
UPDATE oauth.signing_keys SET signs_until = least(signs_until, %(at)s), gone_at = %(at)s
WHERE kid = %(kid)s AND (gone_at IS NULL OR gone_at > %(at)s)
"""


class NoKey(Exception):  # noqa: N818  (it says what is missing)
    """There is no key to sign with."""


@dataclass(frozen=True, slots=True)
class Known:
    """A key as its row has it."""

    kid: str
    algorithm: str
    public: Mapping[str, Any]
    made_at: datetime
    signs_from: datetime
    signs_until: datetime | None
    gone_at: datetime | None

    def signs(self, at: datetime) -> bool:
        """Say whether new tokens are signed with it."""
        return self.signs_from <= at and (self.signs_until is None or at < self.signs_until)


def known(row: Row) -> Known:
    """Return what may be shown of a key."""
    return Known(**{name: row[name] for name in Known.__slots__})


async def make(desk: Desk, vault: Vault, algorithm: str, at: datetime, starts: datetime) -> str:
    """Make a key that signs from an instant on, when the others stop; return its `kid`."""
    private, public = await to_thread.run_sync(_generated, algorithm)
    await desk.run(_MASTERS, name=MASTERS)
    wrapped = await vault.new_key(SIGNING)
    key = await vault.key(wrapped, SIGNING)
    kid = str(public["kid"])
    await desk.run(
        _ADD,
        kid=kid,
        algorithm=algorithm,
        public=json.dumps(public),
        wrapped=wrapped.text,
        master=wrapped.master,
        sealed=vault.seal(key, json.dumps(private), kid.encode()),
        at=at,
        starts=starts,
    )
    gone = starts + PUBLISHED_AFTER
    await desk.run(_RETIRE, algorithm=algorithm, kid=kid, starts=starts, gone=gone)
    return kid


def _generated(algorithm: str) -> tuple[dict[str, Any], dict[str, Any]]:
    key: jwk.Key = (
        jwk.RSAKey.generate_key(2048) if algorithm == "RS256" else jwk.ECKey.generate_key("P-256")
    )
    # Not the bare thumbprint: one in 64 begins with a hyphen, and looks like an option.
    about = {"kid": f"{algorithm.lower()}-{key.thumbprint()}", "alg": algorithm, "use": "sig"}
    return {**key.as_dict(private=True), **about}, {**key.as_dict(private=False), **about}


async def listed(desk: Desk, at: datetime) -> Sequence[Known]:
    """Return every key that is published."""
    return [known(row) for row in await desk.rows(_ALL, at=at)]


async def rotate(db: Database, at: datetime, *, starts: datetime | None = None) -> list[str]:
    """Make a key for each algorithm; unless told otherwise it is published first, and signs later."""
    first = at + PUBLISHED_BEFORE if starts is None else starts
    async with db.desk() as desk:
        await desk.run(_LOCK)
        made = [await make(desk, db.vault, algorithm, at, first) for algorithm in ALGORITHMS]
        await tell_keys(desk)
    return made


async def drop(db: Database, kid: str, at: datetime) -> bool:
    """Take a key away at once, as when somebody else has it; say whether it was there."""
    async with db.desk() as desk:
        done = await desk.run(_DROP, kid=kid, at=at) == 1
        await tell_keys(desk)
    return done


class SigningKeys:
    """The keys as one replica knows them."""

    def __init__(
        self, db: Database, clock: Callable[[], datetime], steady: Callable[[], float]
    ) -> None:
        """Keep where they are; `steady` are the seconds of a clock that never jumps."""
        self._db, self._clock, self._steady = db, clock, steady
        self._rows: Sequence[Row] = ()
        self._private: dict[str, dict[str, Any]] = {}
        self._looked = float("-inf")
        self._lock = asyncio.Lock()

    async def public(self) -> list[Mapping[str, Any]]:
        """Return the keys that tokens may be verified with."""
        return [row["public"] for row in await self._fresh()]

    async def signing(self, algorithm: str) -> dict[str, Any]:
        """Return the private key to sign with now. Raises `NoKey`."""
        rows = await self._fresh()
        now = self._clock()
        good = (row for row in rows if row["algorithm"] == algorithm and known(row).signs(now))
        row = next(good, None)
        if row is None:
            raise NoKey
        if row["kid"] not in self._private:
            key = await self._db.vault.key(Wrapped(row["master"], row["wrapped"]), SIGNING)
            opened = key.open(row["sealed"].encode(), row["kid"].encode())
            self._private[row["kid"]] = json.loads(opened)
        return self._private[row["kid"]]

    def forget(self) -> None:
        """Look again when somebody asks next."""
        self._looked = float("-inf")

    async def _fresh(self) -> Sequence[Row]:
        if self._steady() < self._looked + LOOK_SECONDS:
            return self._rows
        async with self._lock:
            if self._steady() >= self._looked + LOOK_SECONDS:
                self._rows = await self._look()
                self._looked = self._steady()
                there = {row["kid"] for row in self._rows}
                self._private = {kid: key for kid, key in self._private.items() if kid in there}
        return self._rows

    async def _look(self) -> Sequence[Row]:
        now = self._clock()
        async with self._db.desk() as desk:
            rows = await desk.rows(_ALL, at=now)
            if rows:
                return rows
            # The first time, by whichever replica is first.
            await desk.run(_LOCK)
            if not await desk.rows(_ALL, at=now):
                # A replica whose clock is behind signs with it too.
                starts = now - FIRST_BEFORE
                for algorithm in ALGORITHMS:
                    await make(desk, self._db.vault, algorithm, now, starts)
            return await desk.rows(_ALL, at=now)
