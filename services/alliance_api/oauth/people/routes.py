"""The pages' addresses, and what becomes of what goes wrong there."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from chassis.database import CANNOT

from . import account, consent, device, enrol, federated, keys, second, sign_in
from .arrival import Arrival, Elsewhere, Stop, admit, meet
from .gatehouse import Gatehouse
from .pages import FOLDER, go, page

Handler = Callable[[Arrival], Awaitable[Response]]

_PASSING: Final = (*CANNOT, TimeoutError)
_PAGES: Final[dict[str, Handler]] = {
    "/oauth/login": consent.login,
    "/oauth/consent": consent.consent_page,
    "/oauth/device": device.device_page,
    "/account": account.account_page,
    "/account/applications": consent.applications_page,
    "/account/enrol": enrol.enrol_page,
    "/account/password": account.password_page,
    "/account/second-step": second.choice_page,
    "/account/sign-in": sign_in.sign_in_page,
    "/account/sign-in/code": sign_in.code_page,
    "/account/sign-in/with/{provider}": federated.begin,
    "/account/sign-in/back/{provider}": federated.back,
}
_FORMS: Final[dict[str, Handler]] = {
    "/oauth/consent": consent.consent,
    "/oauth/device": device.enter,
    "/account/app": second.begin_app,
    "/account/app/confirm": second.confirm_app,
    "/account/app/remove": account.remove_app,
    "/account/applications": consent.revoke,
    "/account/enrol": enrol.with_password,
    "/account/enrol/passkey": enrol.passkey_page,
    "/account/enrol/passkey/answer": enrol.with_passkey,
    "/account/passkeys/add": second.add_passkey,
    "/account/passkeys/new": second.begin_passkey,
    "/account/passkeys/remove": account.remove_passkey,
    "/account/password": account.set_password,
    "/account/recovery-codes": second.new_codes,
    "/account/sessions/end": account.end_session,
    "/account/sign-in": sign_in.sign_in,
    "/account/sign-in/code": sign_in.code,
    "/account/sign-in/passkey": keys.begin,
    "/account/sign-in/passkey/answer": keys.answer,
    "/account/sign-out": sign_in.sign_out,
}

_log = logging.getLogger("alliance.people")


def routes(house: Gatehouse) -> list[BaseRoute]:
    """Return the pages, their forms and their files."""
    found: list[BaseRoute] = [
        Mount("/account/assets", StaticFiles(directory=FOLDER / "assets"), name="people-assets")
    ]
    for method, handlers in (("GET", _PAGES), ("POST", _FORMS)):
        found += [
            Route(path, _answering(house, handler), methods=[method])
            for path, handler in handlers.items()
        ]
    return found


def _answering(house: Gatehouse, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        arrival = meet(house, request)
        try:
            await admit(arrival)
            return await handler(arrival)
        except Elsewhere as elsewhere:
            return go(arrival, elsewhere.location)
        except Stop as stop:
            return _message(arrival, stop.status, stop.key)
        except _PASSING as error:
            _note("people.unavailable", error)
            return _message(arrival, 503, "busy")
        except Exception as error:  # noqa: BLE001  (what is not foreseen must not tell what it saw)
            _note("people.failed", error)
            return _message(arrival, 500, "busy")

    return answer


def _message(arrival: Arrival, status: int, key: str) -> Response:
    # Whatever was begun did not happen: no new secret, and nothing of whoever is signed in.
    arrival.next_token = arrival.next_device = arrival.session = None
    return page(arrival, "message.html", status, key=key, here="/account/sign-in")


def _note(event: str, error: Exception) -> None:
    _log.error(event, extra={"exception.type": type(error).__name__})
