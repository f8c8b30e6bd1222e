"""Setting up a second step: an authenticator app with recovery codes, or one more passkey."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from chassis.masters import DoesNotOpen, UnknownMaster, Wrapped

from . import accounts, codes, keys, passkeys, sessions, visits
from .account import HERE, account_page, own
from .accounts import Account
from .arrival import Arrival, Elsewhere
from .pages import go, page
from .sessions import Session
from .visits import Visit


async def choice_page(arrival: Arrival) -> Response:
    """Show what a second step can be, to somebody who needs one before anything else."""
    if arrival.session is None or not arrival.session.unfinished:
        raise Elsewhere(HERE)
    return page(arrival, "second.html", here="/account/second-step")


async def begin_app(arrival: Arrival) -> Response:
    """Show a new key for an authenticator app."""
    _, account = await own(arrival)
    seed, house = codes.new_seed(), arrival.house
    wrapped = await house.sealed(seed, account.id)
    about = {"sealed": wrapped.text, "master": wrapped.master}
    async with house.database.desk() as desk:
        await visits.begin(desk, arrival.token, "app", house.now(), account=account.id, about=about)
    return _app_page(arrival, account, seed)


def _app_page(arrival: Arrival, account: Account, seed: str, error: str | None = None) -> Response:
    return page(
        arrival,
        "totp.html",
        422 if error else 200,
        here=HERE,
        errors={"code": arrival.texts(error)} if error else None,
        picture=codes.picture(codes.address(seed, account.name, arrival.house.site.name)),
        seed=" ".join(seed[i : i + 4] for i in range(0, len(seed), 4)),
    )


async def confirm_app(arrival: Arrival) -> Response:
    """Keep the key once its app shows the right code; then show recovery codes, once."""
    session, account = await own(arrival)
    house, now = arrival.house, arrival.house.now()
    async with house.database.desk() as desk:
        visit = await visits.attempt(desk, arrival.token, "app", now)
    seed = await _seed(arrival, visit, account)
    if visit is None or seed is None:
        return await begin_app(arrival)
    step = codes.step_of(seed, arrival.value("code"), now, None)
    if step is None:
        return _app_page(arrival, account, seed, "totp.wrong")
    made = codes.new_recovery_codes()
    about = visit.about
    async with house.database.desk() as desk:
        await visits.end(desk, arrival.token)
        await accounts.set_totp(desk, account.id, about["sealed"], about["master"], step)
        await accounts.set_recovery_codes(desk, account.id, made)
    await _finish(arrival, session, ("otp", "mfa"))
    return page(arrival, "recovery.html", here=HERE, codes=made)


async def _seed(arrival: Arrival, visit: Visit | None, account: Account) -> str | None:
    if visit is None or visit.account != account.id:
        return None
    try:
        wrapped = Wrapped(visit.about["master"], visit.about["sealed"])
        return await arrival.house.opened(wrapped, account.id)
    except (UnknownMaster, DoesNotOpen):
        return None


async def _finish(arrival: Arrival, session: Session, methods: Sequence[str]) -> None:
    """Let somebody whose second step was missing do everything from now on."""
    if not session.unfinished or session.account is None:
        return
    house, now = arrival.house, arrival.house.now()
    async with house.database.desk() as desk:
        arrival.next_token = await sessions.finish(desk, session, methods, now)
        known = await sessions.know_device(desk, arrival.device, session.account, now)
    arrival.next_device = known


async def new_codes(arrival: Arrival) -> Response:
    """Show new recovery codes, once; the old ones are void."""
    _, account = await own(arrival)
    if account.totp_sealed is None:
        return go(arrival, HERE)
    made = codes.new_recovery_codes()
    async with arrival.house.database.desk() as desk:
        await accounts.set_recovery_codes(desk, account.id, made)
    return page(arrival, "recovery.html", here=HERE, codes=made)


async def begin_passkey(arrival: Arrival, error: str | None = None) -> Response:
    """Ask the browser to make a passkey."""
    _, account = await own(arrival)
    action = "/account/passkeys/add"
    return await keys.offer(arrival, account, "add-passkey", action, {}, error)


async def add_passkey(arrival: Arrival) -> Response:
    """Keep the passkey that the browser made."""
    session, account = await own(arrival)
    house = arrival.house
    async with house.database.desk() as desk:
        visit = await visits.take(desk, arrival.token, "add-passkey", house.now())
    if visit is None or visit.account != account.id:
        return await account_page(arrival, "new_passkey.failed")
    challenge = str(visit.about["challenge"])
    made = passkeys.made(house.site, challenge, arrival.value("answer", 20_000))
    if made is None:
        return await begin_passkey(arrival, "new_passkey.failed")
    async with house.database.desk() as desk:
        kept = await keys.keep(desk, arrival, account.id, made)
    if not kept:
        return await begin_passkey(arrival, "new_passkey.failed")
    await _finish(arrival, session, keys.METHODS)
    return go(arrival, HERE)
