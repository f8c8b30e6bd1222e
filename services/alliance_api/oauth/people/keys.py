"""Signing in with a passkey, and making one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from starlette.responses import Response

from alliance_api.store.desk import Desk

from . import accounts, passkeys, visits
from .accounts import Account
from .aims import aim_of
from .arrival import Arrival
from .asking import asked_by
from .pages import page
from .sessions import Somebody
from .sign_in import let_in, sign_in_page

METHODS = ("hwk", "user", "mfa")


async def begin(arrival: Arrival) -> Response:
    """Ask the browser for a passkey: any that it has for this place."""
    house, challenge = arrival.house, passkeys.new_challenge()
    about = {"challenge": challenge, **arrival.aim.given}
    async with house.database.desk() as desk:
        await visits.begin(desk, arrival.token, "passkey", house.now(), about=about)
    return page(
        arrival,
        "passkey.html",
        asked=await asked_by(arrival),
        here=f"/account/sign-in{arrival.aim.query}",
        scripts=True,
        options=passkeys.request(house.site, challenge),
    )


async def answer(arrival: Arrival) -> Response:
    """Judge a browser's answer; a challenge is answered once."""
    house = arrival.house
    async with house.database.desk() as desk:
        visit = await visits.take(desk, arrival.token, "passkey", house.now())
        account = None
        if visit is not None:
            challenge = str(visit.about["challenge"])
            account = await _proved(desk, arrival, challenge, arrival.value("answer", 20_000))
    if visit is None or account is None or account.disabled:
        return await sign_in_page(arrival, "passkey.unable", 422)
    if await house.places(account.organisation, account.person) is None:
        return await sign_in_page(arrival, "passkey.unable", 422)
    who = Somebody(account.organisation, account.person, account.id, METHODS)
    return await let_in(arrival, who, aim_of({k: str(v) for k, v in visit.about.items()}))


async def _proved(desk: Desk, arrival: Arrival, challenge: str, given: str) -> Account | None:
    named = passkeys.named(given)
    row = await accounts.passkey(desk, named[0]) if named else None
    if named is None or row is None:
        return None
    site = arrival.house.site
    count = passkeys.proved(site, challenge, given, bytes(row["public_key"]))
    if count is None:
        return None
    account = await accounts.by_id(desk, row["account_id"])
    if account is None or account.handle != named[1]:
        return None
    used = await accounts.use_passkey(desk, named[0], count, arrival.house.now())
    return account if used else None


async def offer(  # noqa: PLR0913  (what the page says and where its answer goes)
    arrival: Arrival,
    account: Account,
    doing: str,
    action: str,
    about: dict[str, Any],
    error: str | None = None,
) -> Response:
    """Ask the browser to make a passkey; its answer goes to `action`."""
    house, challenge = arrival.house, passkeys.new_challenge()
    async with house.database.desk() as desk:
        known = [bytes(row["credential"]) for row in await accounts.passkeys(desk, account.id)]
        await visits.begin(
            desk,
            arrival.token,
            doing,
            house.now(),
            account=account.id,
            about={**about, "challenge": challenge},
        )
    return page(
        arrival,
        "new_passkey.html",
        422 if error else 200,
        scripts=True,
        errors={"page": arrival.texts(error)} if error else None,
        here="/account",
        action=action,
        options=passkeys.creation(house.site, account.name, account.handle, challenge, known),
    )


async def keep(desk: Desk, arrival: Arrival, account: UUID, made: passkeys.Made) -> bool:
    """Keep a passkey that the browser made; False if somebody has it already."""
    label = arrival.value("label", 100).strip() or arrival.texts("new_passkey.default")
    now = arrival.house.now()
    return await accounts.add_passkey(
        desk, account, made.credential, made.public_key, made.count, label, now
    )
