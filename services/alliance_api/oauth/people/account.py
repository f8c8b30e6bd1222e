"""Somebody's own account: where they are signed in, and how they sign in."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from starlette.responses import Response

from alliance_api.store.desk import Desk, Row

from .. import revoking
from . import accounts, sessions
from .accounts import Account
from .arrival import Arrival, Elsewhere
from .enrol import wrong_password
from .pages import go, page
from .passkeys import octets, spelled
from .sessions import Session

HERE = "/account"


async def account_page(arrival: Arrival, error: str | None = None) -> Response:
    """Show the account."""
    session, house = arrival.signed_in(), arrival.house
    name, organisation = await house.greeting(session.organisation, session.person)
    async with house.database.desk() as desk:
        account = await accounts.by_id(desk, session.account) if session.account else None
        keys = await accounts.passkeys(desk, account.id) if account else []
        left = await accounts.recovery_codes_left(desk, account.id) if account else 0
        listed = await sessions.of_person(desk, session, house.now())
    return page(
        arrival,
        "account.html",
        422 if error else 200,
        here=HERE,
        errors={"page": arrival.texts(error)} if error else None,
        name=name,
        organisation=organisation,
        account=account,
        passkeys=[_key(row) for row in keys],
        codes_left=left,
        sessions=listed,
    )


def _key(row: Row) -> Row:
    return {**row, "id": spelled(bytes(row["credential"]))}


async def own(arrival: Arrival) -> tuple[Session, Account]:
    """Return who signed in a moment ago, and their account. Raises `Elsewhere`."""
    session = arrival.recently()
    if session.account is None:
        raise Elsewhere(HERE)
    async with arrival.house.database.desk() as desk:
        account = await accounts.by_id(desk, session.account)
    if account is None:
        raise Elsewhere(HERE)
    return session, account


async def end_session(arrival: Arrival) -> Response:
    """Sign out another browser, or all others."""
    session = arrival.signed_in()
    async with arrival.house.database.desk() as desk:
        if arrival.value("others"):
            ended = await sessions.revoke_others(desk, session)
        else:
            other = _id(arrival.value("session"))
            ended = [other] if other and await sessions.revoke(desk, session, other) else []
        # Perhaps somebody else sits there: what was allowed in that browser ends as well.
        now = arrival.house.now()
        for one in ended:
            await revoking.revoke(desk, "session", now, "SESSION_ENDED", session=one)
    return go(arrival, HERE)


async def _shut_out(desk: Desk, session: Session, now: datetime) -> None:
    """Sign out all other browsers, and end what was allowed elsewhere than in this one.

    What somebody else allowed an application of theirs would outlive the session they had.
    """
    await sessions.revoke_others(desk, session)
    whose = {"organisation": session.organisation, "person": session.person}
    await revoking.revoke(desk, "others", now, "SHUT_OUT", **whose, kept=session.id)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


async def password_page(arrival: Arrival, errors: dict[str, str] | None = None) -> Response:
    """Ask for a new password."""
    _, account = await own(arrival)
    return page(
        arrival,
        "password.html",
        422 if errors else 200,
        here=f"{HERE}/password",
        errors=errors,
        account=account,
    )


async def set_password(arrival: Arrival) -> Response:
    """Change the password; every other browser is signed out, and its applications with it."""
    house = arrival.house
    session, account = await own(arrival)
    if account.password_hash is not None and not await house.passwords.good(
        account.password_hash, arrival.value("now")
    ):
        return await password_page(arrival, {"now": arrival.texts("password.wrong")})
    if wrong := wrong_password(arrival, account.name):
        return await password_page(arrival, wrong)
    made = await house.passwords.made(arrival.value("password"))
    async with house.database.desk() as desk:
        await accounts.set_password(desk, account.id, made)
        await _shut_out(desk, session, house.now())
    return go(arrival, HERE)


async def needs_second(arrival: Arrival, account: Account) -> bool:
    """Tell whether this person may not be without a second step."""
    found = await arrival.house.places(account.organisation, account.person)
    return found is None or found.is_staff


async def remove_passkey(arrival: Arrival) -> Response:
    """Forget a passkey, unless it is the last way in or the last second step of staff."""
    _, account = await own(arrival)
    credential = octets(arrival.value("passkey", 2000))
    is_last = account.passkeys <= 1
    if is_last and (account.password_hash is None or account.totp_sealed is None):
        only_way = account.password_hash is None
        if only_way or await needs_second(arrival, account):
            return await account_page(arrival, "account.last")
    if credential:
        async with arrival.house.database.desk() as desk:
            await accounts.remove_passkey(desk, account.id, credential)
    return go(arrival, HERE)


async def remove_app(arrival: Arrival) -> Response:
    """Forget the authenticator app, unless it is the last second step of staff."""
    _, account = await own(arrival)
    if account.passkeys == 0 and await needs_second(arrival, account):
        return await account_page(arrival, "account.last")
    async with arrival.house.database.desk() as desk:
        await accounts.set_totp(desk, account.id, None, None, None)
        await accounts.set_recovery_codes(desk, account.id, [])
    return go(arrival, HERE)
