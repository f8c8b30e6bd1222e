"""Signing in: a name and a password, then perhaps a code; or a passkey; or the clinic's own provider."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from math import ceil
from typing import Any, Final

from starlette.responses import Response

from alliance_api.store.desk import Desk
from chassis.masters import DoesNotOpen, UnknownMaster, Wrapped

from .. import revoking
from . import accounts, codes, invitations, sessions, throttle, visits
from .accounts import Account
from .aims import Aim, aim_of
from .arrival import Arrival, Elsewhere
from .asking import asked_by
from .chance import new_secret
from .pages import go, page
from .places import Places
from .sessions import Somebody

CODE: Final = "/account/sign-in/code"

_log = logging.getLogger("alliance.people")


async def sign_in_page(arrival: Arrival, error: str | None = None, status: int = 200) -> Response:
    """Show the ways to sign in."""
    return await _form(arrival, {} if error is None else {"page": arrival.texts(error)}, status)


async def _form(
    arrival: Arrival, errors: dict[str, str], status: int = 200, wait: int | None = None
) -> Response:
    asked = await asked_by(arrival)
    return page(
        arrival,
        "sign_in.html",
        status,
        asked=asked,
        here=f"/account/sign-in{arrival.aim.query}",
        errors=errors,
        wait=wait,
        client=asked.client_name if asked else None,
        hint=arrival.value("name") or (asked.login_hint if asked else "") or "",
        providers=arrival.house.offered(asked),
    )


async def sign_in(arrival: Arrival) -> Response:
    """Judge a name and a password; the answer, and the work, is the same for unknown names."""
    house, name, password = arrival.house, arrival.value("name"), arrival.value("password")
    async with house.database.desk() as desk:
        account = await accounts.by_name(desk, name)
        chosen = await lanes(desk, arrival, "password", accounts.folded(name), account)
        wait = await throttle.enter(desk, chosen, house.now())
    if wait:
        return await _waiting(arrival, wait)
    usable = account is not None and not account.disabled
    kept = account.password_hash if account is not None and usable else None
    good = await house.passwords.good(kept, password)
    found = None
    if account is not None and good:
        found = await house.places(account.organisation, account.person)
    if account is None or found is None:
        _note("sign_in.refused")
        return await _form(arrival, {"page": arrival.texts("sign_in.wrong")}, 422)
    async with house.database.desk() as desk:
        await throttle.succeed(desk, chosen, house.now())
        if account.password_hash and house.passwords.is_old(account.password_hash):
            await accounts.set_password(desk, account.id, await house.passwords.made(password))
    return await _go_on(arrival, account, found)


async def lanes(
    desk: Desk, arrival: Arrival, kind: str, subject: str, account: Account | None
) -> list[throttle.Lane]:
    """Return the lanes of an attempt: a device's own, if it signed in to this account before."""
    device, now = arrival.device, arrival.house.now()
    if device and account and await sessions.is_known(desk, device, account.id, now):
        return throttle.lanes(kind, subject, arrival.network, device)
    return throttle.lanes(kind, subject, arrival.network, None)


async def _waiting(arrival: Arrival, wait: timedelta) -> Response:
    seconds = max(1, ceil(wait.total_seconds()))
    _note("sign_in.slowed")
    told = arrival.texts("sign_in.wait", seconds=seconds)
    return await _form(arrival, {"page": told}, 429, seconds)


async def _go_on(arrival: Arrival, account: Account, found: Places) -> Response:
    """Go on from a good password: to the second step, or in."""
    if account.has_second_step:
        arrival.next_token = new_secret()
        async with arrival.house.database.desk() as desk:
            await visits.end(desk, arrival.token)
            now, about = arrival.house.now(), arrival.aim.given
            await visits.begin(
                desk, arrival.next_token, "code", now, account=account.id, about=about
            )
        return go(arrival, f"{CODE}{arrival.aim.query}")
    if found.is_staff:
        # A stolen password must not be enough to set up the second step that was missing.
        return await _form(arrival, {"page": arrival.texts("sign_in.second_missing")}, 422)
    return await let_in(arrival, _who(account, "pwd"), arrival.aim)


def _who(account: Account, *methods: str) -> Somebody:
    return Somebody(account.organisation, account.person, account.id, methods)


async def let_in(
    arrival: Arrival, who: Somebody, aim: Aim, *, unfinished: bool = False
) -> Response:
    """Sign somebody in, under a new secret, and send them on."""
    house, now = arrival.house, arrival.house.now()
    async with house.database.desk() as desk:
        await sessions.end(desk, arrival.token)
        await visits.end(desk, arrival.token)
        arrival.next_token = await sessions.start(
            desk, who, arrival.browser, now, request=aim.request, unfinished=unfinished
        )
        if who.account is not None and not unfinished:
            known = await sessions.know_device(desk, arrival.device, who.account, now)
            arrival.next_device = known
        for room in (visits, sessions, invitations, throttle):
            await room.forget(desk, now)
    _note("sign_in.done")
    return go(arrival, "/account/second-step" if unfinished else aim.goal)


async def code_page(arrival: Arrival, errors: dict[str, str] | None = None) -> Response:
    """Ask for the second step. Raises `Elsewhere` where the first was not taken."""
    house = arrival.house
    async with house.database.desk() as desk:
        visit = await visits.found(desk, arrival.token, "code", house.now())
        account = await accounts.by_id(desk, visit.account) if visit and visit.account else None
    if account is None and errors:
        # That was the last try.
        return await sign_in_page(arrival, "code.over", 422)
    if account is None:
        raise Elsewhere(f"/account/sign-in{arrival.aim.query}")
    asked = await asked_by(arrival)
    return page(
        arrival,
        "code.html",
        422 if errors else 200,
        asked=asked,
        here=f"{CODE}{arrival.aim.query}",
        errors=errors,
        has_app=account.totp_sealed is not None,
        has_passkey=account.passkeys > 0,
    )


async def code(arrival: Arrival) -> Response:
    """Judge a code of an app, or a recovery code."""
    house, now = arrival.house, arrival.house.now()
    async with house.database.desk() as desk:
        visit = await visits.attempt(desk, arrival.token, "code", now)
        account = await accounts.by_id(desk, visit.account) if visit and visit.account else None
        if visit is None or account is None or account.disabled:
            return await sign_in_page(arrival, "code.over", 422)
        chosen = await lanes(desk, arrival, "code", str(account.id), account)
        wait = await throttle.enter(desk, chosen, now)
    if wait:
        return await _waiting(arrival, wait)
    field = "recovery" if arrival.value("recovery") else "code"
    if not await _is_right(arrival, account, field):
        _note("sign_in.code_refused")
        return await code_page(arrival, {field: arrival.texts("code.wrong")})
    async with house.database.desk() as desk:
        await throttle.succeed(desk, chosen, now)
    if await house.places(account.organisation, account.person) is None:
        return await sign_in_page(arrival, "sign_in.wrong", 422)
    return await let_in(arrival, _who(account, "pwd", "otp", "mfa"), _aim(visit.about))


async def _is_right(arrival: Arrival, account: Account, field: str) -> bool:
    house = arrival.house
    if field == "recovery":
        async with house.database.desk() as desk:
            given = arrival.value("recovery")
            return await accounts.use_recovery_code(desk, account.id, given, house.now())
    seed = await seed_of(arrival, account)
    if seed is None:
        return False
    step = codes.step_of(seed, arrival.value("code"), house.now(), account.totp_step)
    if step is None:
        return False
    async with house.database.desk() as desk:
        return await accounts.use_step(desk, account.id, step)


async def seed_of(arrival: Arrival, account: Account) -> str | None:
    """Return the seed of an account's codes, if there is one that a master key still opens."""
    if account.totp_sealed is None or account.totp_master is None:
        return None
    try:
        wrapped = Wrapped(account.totp_master, account.totp_sealed)
        return await arrival.house.opened(wrapped, account.id)
    except (UnknownMaster, DoesNotOpen):
        _note("sign_in.seed_does_not_open", logging.ERROR)
        return None


def _aim(about: Mapping[str, Any]) -> Aim:
    return aim_of({name: str(value) for name, value in about.items()})


def _note(event: str, level: int = logging.INFO) -> None:
    # Without a name, an address or an id: how often is all that an operator needs.
    _log.log(level, event)


async def sign_out(arrival: Arrival) -> Response:
    """Sign this browser out."""
    session, now = arrival.session, arrival.house.now()
    async with arrival.house.database.desk() as desk:
        await sessions.end(desk, arrival.token)
        await visits.end(desk, arrival.token)
        if session is not None:
            await revoking.revoke(desk, "online", now, "SIGNED_OUT", session=session.id)
    arrival.session, arrival.next_token = None, new_secret()
    return page(arrival, "signed_out.html", here="/account/sign-in")
