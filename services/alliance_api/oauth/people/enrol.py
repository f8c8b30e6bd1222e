"""From a link to an account: a person chooses a password or makes a passkey."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from alliance_api.store.desk import Desk

from .. import revoking
from . import accounts, invitations, keys, passkeys, sessions, visits
from .accounts import Account
from .aims import Aim
from .arrival import Arrival, Stop
from .chance import digest, is_secret, new_secret
from .pages import go, page
from .passwords import weakness
from .places import Places
from .sessions import Somebody
from .sign_in import let_in

HERE = "/account/enrol"


async def enrol_page(arrival: Arrival) -> Response:
    """Show the choice. A link's secret is taken out of the address first. Raises `Stop`."""
    secret = arrival.request.query_params.get("invitation")
    if secret is not None:
        return await _followed(arrival, secret)
    account, _ = await _invited(arrival)
    return await _form(arrival, account)


async def _followed(arrival: Arrival, secret: str) -> Response:
    house = arrival.house
    hashed = digest(secret) if is_secret(secret) else b""
    async with house.database.desk() as desk:
        account = await invitations.found(desk, hashed, house.now())
        if account is None:
            raise Stop(410, "link")
        # Whoever is signed in here leaves: the link may be another person's.
        await sessions.end(desk, arrival.token)
        arrival.next_token = new_secret()
        about = {"invitation": hashed.hex()}
        await visits.begin(
            desk, arrival.next_token, "enrol", house.now(), account=account, about=about
        )
    return go(arrival, HERE)


async def _invited(arrival: Arrival) -> tuple[Account, str]:
    """Return whose link this browser followed, and its hash. Raises `Stop`."""
    house = arrival.house
    async with house.database.desk() as desk:
        visit = await visits.found(desk, arrival.token, "enrol", house.now())
        if visit is None:
            raise Stop(410, "link")
        hashed = str(visit.about["invitation"])
        known = await invitations.found(desk, bytes.fromhex(hashed), house.now())
        account = await accounts.by_id(desk, known) if known else None
    if account is None:
        raise Stop(410, "link")
    return account, hashed


async def _form(
    arrival: Arrival, account: Account, errors: dict[str, str] | None = None
) -> Response:
    _, organisation = await arrival.house.greeting(account.organisation, account.person)
    return page(
        arrival,
        "enrol.html",
        422 if errors else 200,
        here=HERE,
        errors=errors,
        account=account,
        organisation=organisation,
        again=account.password_hash is not None or account.has_second_step,
    )


async def with_password(arrival: Arrival) -> Response:
    """Use the link up for a password; staff go on to a second step. Raises `Stop`."""
    house = arrival.house
    account, hashed = await _invited(arrival)
    if wrong := wrong_password(arrival, account.name):
        return await _form(arrival, account, wrong)
    found = await _there(arrival, account)
    made = await house.passwords.made(arrival.value("password"))
    async with house.database.desk() as desk:
        await _use(desk, arrival, hashed)
        await accounts.set_password(desk, account.id, made)
    who = Somebody(account.organisation, account.person, account.id, ("pwd",))
    return await let_in(arrival, who, Aim(), unfinished=found.is_staff)


def wrong_password(arrival: Arrival, name: str) -> dict[str, str]:
    """Return what is wrong with a new password, by field."""
    password = arrival.value("password")
    if weak := weakness(password, name):
        return {"password": arrival.texts(weak)}
    if password != arrival.value("again"):
        return {"again": arrival.texts("password.differ")}
    return {}


async def _there(arrival: Arrival, account: Account) -> Places:
    found = await arrival.house.places(account.organisation, account.person)
    if found is None:
        raise Stop(410, "link")
    return found


async def _use(desk: Desk, arrival: Arrival, hashed: str) -> None:
    """Use the link up, and take away what the account was signed in to with. Raises `Stop`."""
    account = await invitations.use(desk, bytes.fromhex(hashed), arrival.house.now())
    if account is None:
        raise Stop(410, "link")
    await accounts.begin_anew(desk, account)
    await sessions.revoke_account(desk, account)
    found = await accounts.by_id(desk, account)
    if found is not None:
        whose = {"organisation": found.organisation, "person": found.person}
        await revoking.revoke(desk, "person", arrival.house.now(), "PERSON", **whose)


async def passkey_page(arrival: Arrival, error: str | None = None) -> Response:
    """Ask the browser for a passkey instead of a password. Raises `Stop`."""
    account, hashed = await _invited(arrival)
    about: dict[str, Any] = {"invitation": hashed}
    action = f"{HERE}/passkey/answer"
    return await keys.offer(arrival, account, "enrol-passkey", action, about, error)


async def with_passkey(arrival: Arrival) -> Response:
    """Use the link up for a passkey. Raises `Stop`."""
    house, now = arrival.house, arrival.house.now()
    async with house.database.desk() as desk:
        visit = await visits.take(desk, arrival.token, "enrol-passkey", now)
        if visit is None or visit.account is None:
            raise Stop(410, "link")
        hashed, challenge = str(visit.about["invitation"]), str(visit.about["challenge"])
        account = await accounts.by_id(desk, visit.account)
    if account is None:
        raise Stop(410, "link")
    await _there(arrival, account)
    made = passkeys.made(house.site, challenge, arrival.value("answer", 20_000))
    if made is None:
        async with house.database.desk() as desk:
            about = {"invitation": hashed}
            await visits.begin(desk, arrival.token, "enrol", now, account=account.id, about=about)
        return await passkey_page(arrival, "new_passkey.failed")
    async with house.database.desk() as desk:
        await _use(desk, arrival, hashed)
        await keys.keep(desk, arrival, account.id, made)
    who = Somebody(account.organisation, account.person, account.id, keys.METHODS)
    return await let_in(arrival, who, Aim())
