"""The keys that tokens are signed with: overlap, emergencies, and where their private halves are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alliance_api.oauth import signing_keys
from alliance_api.oauth.signing_keys import Known, NoKey, SigningKeys
from alliance_api.store.transaction import Database
from chassis.database import address
from chassis.masters import BYTES, LocalMasters, Ring
from chassis.vault import Vault
from tests.house import House

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


class Clock:
    """A time that is set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def steady(self) -> float:
        return self.now.timestamp()


@pytest.fixture
def place(scratch: str, house: House) -> Any:
    ring = Ring({"one": b"1" * BYTES})
    vault = Vault(LocalMasters(ring.text))
    return Database(address(scratch, user="alliance_api"), size=4, vault=vault)


def test_replicas_that_start_together_make_one_set_of_keys(house: House, place: Database) -> None:
    import asyncio

    clock = Clock()

    async def work() -> list[str]:
        replicas = [SigningKeys(place, clock, clock.steady) for _ in range(5)]
        found = await asyncio.gather(*(replica.signing("ES256") for replica in replicas))
        await place.close()
        return [key["kid"] for key in found]

    assert len(set(house.run(work))) == 1


def test_a_key_is_published_before_it_signs_and_after_it_did(house: House, place: Database) -> None:
    clock = Clock()

    async def work() -> None:
        keys = SigningKeys(place, clock, clock.steady)
        old = (await keys.signing("ES256"))["kid"]
        await signing_keys.rotate(place, clock.now)
        clock.now += timedelta(minutes=5)
        assert (await keys.signing("ES256"))["kid"] == old
        assert len(await keys.public()) == 4
        clock.now += timedelta(minutes=6)
        new = (await keys.signing("ES256"))["kid"]
        assert new != old
        assert old in {key["kid"] for key in await keys.public()}
        clock.now += timedelta(hours=2)
        assert {key["kid"] for key in await keys.public()} >= {new}
        assert old not in {key["kid"] for key in await keys.public()}
        await place.close()

    house.run(work)


def test_a_key_that_somebody_else_has_is_gone_at_once(house: House, place: Database) -> None:
    clock = Clock()

    async def work() -> None:
        keys = SigningKeys(place, clock, clock.steady)
        stolen = (await keys.signing("ES256"))["kid"]
        assert await signing_keys.drop(place, stolen, clock.now)
        assert not await signing_keys.drop(place, stolen, clock.now)
        keys.forget()
        assert stolen not in {key["kid"] for key in await keys.public()}
        with pytest.raises(NoKey):
            await keys.signing("ES256")
        await signing_keys.rotate(place, clock.now, starts=clock.now)
        keys.forget()
        assert (await keys.signing("ES256"))["kid"] != stolen
        await place.close()

    house.run(work)


def test_private_halves_are_sealed(house: House) -> None:
    house.get("/oauth/jwks")
    rows = house.rows("SELECT public::text, sealed, wrapped FROM oauth.signing_keys")
    assert len(rows) == 2
    for public, sealed, wrapped in rows:
        assert '"d"' not in public + sealed + wrapped
        assert sealed.startswith("sealed:1:")


def listed(house: House) -> Sequence[Known]:
    async def work() -> Sequence[Known]:
        async with house.database.desk() as desk:
            return await signing_keys.listed(desk, datetime.now(UTC))

    return house.run(work)


def test_a_revoked_key_signs_nothing_that_is_taken_on_any_replica(
    house: House, clinic: Any
) -> None:
    from tests.applications import register

    application = register(house)
    token = application.tokens(clinic.therapist, "user/*.rs")["access_token"]
    assert application.reads(token).status_code == 200
    [stolen] = [
        k.kid for k in listed(house) if k.algorithm == "ES256" and k.signs(datetime.now(UTC))
    ]

    async def drop() -> None:
        await signing_keys.drop(house.database, stolen, datetime.now(UTC))
        await signing_keys.rotate(house.database, datetime.now(UTC), starts=datetime.now(UTC))

    house.run(drop)
    answers = [application.reads(token).status_code for _ in range(100)]
    assert answers[-1] == 401
    again = application.tokens(clinic.therapist, "user/*.rs")["access_token"]
    assert application.reads(again).status_code == 200
