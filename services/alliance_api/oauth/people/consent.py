"""What an application may do: asked in plain words, remembered, taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from starlette.responses import Response

from alliance_api.charter.scope_help import Help, help_for
from alliance_api.domain.ids import Kind, format_id, parse_id

from ..requests import Asked, RequestGone, SignedIn, Unfit, denied, granted
from . import approvals
from .arrival import Arrival, Elsewhere, Stop
from .asking import waiting
from .chance import digest
from .pages import go, page
from .places import Choice, Places
from .sessions import Session

_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_LOGIN: Final = frozenset({"login", "select_account"})
_SHOWN_EACH_TIME: Final = frozenset({"consent", "select_account"})


@dataclass(frozen=True, slots=True)
class Standing:
    """Who answers a request: signed in, of the right organisation, and how they stand there."""

    session: Session
    places: Places


async def login(arrival: Arrival) -> Response:
    """Begin to answer a request of an application, as its prompt allows. Raises `Stop`."""
    asked = await waiting(arrival)
    if _is_good(arrival, asked):
        return go(arrival, arrival.aim.goal)
    if "none" in asked.prompt:
        return await _ended(arrival, asked, "login_required")
    return go(arrival, f"/account/sign-in{arrival.aim.query}")


def _is_good(arrival: Arrival, asked: Asked) -> bool:
    """Tell whether who is signed in did so as recently as the request wants."""
    session = arrival.session
    if session is None or session.unfinished:
        return False
    if session.signed_in_for == digest(asked.id):
        return True
    if asked.prompt & _LOGIN:
        return False
    age = (arrival.house.now() - session.signed_in).total_seconds()
    return asked.max_age is None or age <= asked.max_age


async def _answering(arrival: Arrival, asked: Asked) -> Standing:
    """Return who answers. Raises `Elsewhere` to sign in, `Stop` for another organisation's."""
    if not _is_good(arrival, asked):
        raise Elsewhere(f"/account/sign-in{arrival.aim.query}")
    session = arrival.signed_in()
    if asked.organisation not in (None, session.organisation):
        raise Stop(403, "elsewhere")
    places = await arrival.house.places(session.organisation, session.person)
    if places is None:
        raise Elsewhere(f"/account/sign-in{arrival.aim.query}")
    return Standing(session, places)


async def consent_page(arrival: Arrival) -> Response:
    """Ask, unless all that is asked for was allowed before."""
    asked = await waiting(arrival)
    who = await _answering(arrival, asked)
    choices = await _choices(arrival, asked, who)
    if (patient := await _remembered(arrival, asked, who, choices)) is not None:
        return await _granted(arrival, asked, who, asked.scopes, patient.person)
    if "none" in asked.prompt:
        return await _ended(arrival, asked, "consent_required")
    return await _shown(arrival, asked, who, choices, {})


@dataclass(frozen=True, slots=True)
class _Patient:
    """A decided patient, which may be none."""

    person: UUID | None


async def _remembered(
    arrival: Arrival, asked: Asked, who: Standing, choices: list[Choice] | None
) -> _Patient | None:
    """Return for whom it was allowed before, if nothing has to be asked again."""
    # Whoever gets an answer at another kind of address need not be who got the first one.
    is_sure = urlsplit(asked.redirect_uri).scheme == "https"
    if not is_sure or asked.prompt & _SHOWN_EACH_TIME:
        return None
    async with arrival.house.database.desk() as desk:
        before = await approvals.remembered(desk, who.session, asked.client_id)
    if before is None or not set(asked.scopes) <= set(before["scopes"]):
        return None
    if choices is None:
        return _Patient(None)
    # For whom is asked each time, unless there is nothing to choose.
    return _Patient(choices[0].person) if len(choices) == 1 else None


async def _choices(arrival: Arrival, asked: Asked, who: Standing) -> list[Choice] | None:
    """Return among whom to choose, or None if that is not asked."""
    bound = any(one == "launch/patient" or one.startswith("patient/") for one in asked.scopes)
    if not bound or "patient" in asked.launch:
        return None
    return await arrival.house.choices(who.session.organisation, who.session.person)


async def _shown(
    arrival: Arrival,
    asked: Asked,
    who: Standing,
    choices: list[Choice] | None,
    errors: dict[str, str],
) -> Response:
    name, _ = await arrival.house.greeting(who.session.organisation, who.session.person)
    ticked = set(arrival.form.get("scope", [])) if errors else set(asked.scopes)
    chosen = arrival.value("patient")
    return page(
        arrival,
        "consent.html",
        422 if errors else 200,
        asked=asked,
        here=arrival.aim.goal,
        errors=errors,
        request=asked,
        name=name,
        groups=_groups(asked.scopes, arrival.texts.language),
        ticked=ticked,
        choices=choices,
        chosen=chosen or (_key(choices[0]) if choices and len(choices) == 1 else ""),
        key=_key,
        place=_place(asked.redirect_uri),
        oneself=not who.places.is_staff,
    )


def _place(redirect_uri: str) -> dict[str, str | None]:
    """Return where an answer goes: the host, or what names an application on this device."""
    parts = urlsplit(redirect_uri)
    here = parts.hostname in _HERE
    on_the_net = parts.scheme in ("http", "https") and not here
    return {
        "host": parts.hostname if on_the_net else None,
        "scheme": (parts.hostname if here else parts.scheme) or None,
    }


def _key(choice: Choice) -> str:
    return format_id(Kind.PERSON, choice.person)


def _groups(scopes: Sequence[str], language: str) -> list[tuple[str, list[Help]]]:
    """Return what is asked for, put together by whom it is about, in that order."""
    helped = [found for scope in scopes if (found := help_for(scope, language))]
    order = ("one", "mine", "itself", "session")
    grouped = [(about, [one for one in helped if one.about == about]) for about in order]
    return [(about, found) for about, found in grouped if found]


async def consent(arrival: Arrival) -> Response:
    """End a request as its person says."""
    asked = await waiting(arrival)
    who = await _answering(arrival, asked)
    if arrival.value("answer") != "allow":
        return await _ended(arrival, asked, "access_denied")
    choices = await _choices(arrival, asked, who)
    scopes = [one for one in asked.scopes if one in arrival.form.get("scope", [])]
    if not scopes:
        wrong = {"scopes": arrival.texts("consent.nothing")}
        return await _shown(arrival, asked, who, choices, wrong)
    patient = _patient(arrival, choices)
    if choices is not None and patient is None and _needs_patient(scopes):
        wrong = {"patient": arrival.texts("consent.choice.missing")}
        return await _shown(arrival, asked, who, choices, wrong)
    async with arrival.house.database.desk() as desk:
        now = arrival.house.now()
        await approvals.remember(desk, who.session, asked.client_id, scopes, patient, now)
    return await _granted(arrival, asked, who, scopes, patient)


def _needs_patient(scopes: Sequence[str]) -> bool:
    return any(one == "launch/patient" or one.startswith("patient/") for one in scopes)


def _patient(arrival: Arrival, choices: list[Choice] | None) -> UUID | None:
    """Return who was chosen, of those there were to choose from."""
    parsed = parse_id(arrival.value("patient"))
    known = {choice.person for choice in choices or ()}
    return parsed[1] if parsed and parsed[0] == Kind.PERSON and parsed[1] in known else None


async def _granted(
    arrival: Arrival, asked: Asked, who: Standing, scopes: Sequence[str], patient: UUID | None
) -> Response:
    session = who.session
    signed_in = SignedIn(
        person=session.person,
        organisation=session.organisation,
        at=session.signed_in,
        methods=session.methods,
        session=session.id,
    )
    house = arrival.house
    try:
        location = await granted(
            house.database, asked.id, signed_in, scopes, patient, at=house.now()
        )
    except RequestGone:
        raise Stop(404, "over") from None
    except Unfit:
        raise Stop(403, "elsewhere") from None
    return go(arrival, location)


async def _ended(arrival: Arrival, asked: Asked, error: str) -> Response:
    house = arrival.house
    try:
        return go(arrival, await denied(house.database, asked.id, error, at=house.now()))
    except RequestGone:
        raise Stop(404, "over") from None


async def applications_page(arrival: Arrival) -> Response:
    """Show which applications were allowed what."""
    session = arrival.signed_in()
    async with arrival.house.database.desk() as desk:
        rows = await approvals.of_person(desk, session)
    language = arrival.texts.language
    listed = [{**row, "groups": _groups(row["scopes"], language)} for row in rows]
    return page(arrival, "applications.html", here="/account/applications", listed=listed)


async def revoke(arrival: Arrival) -> Response:
    """Take back what an application was allowed; its tokens end."""
    session = arrival.signed_in()
    async with arrival.house.database.desk() as desk:
        now = arrival.house.now()
        await approvals.revoke(desk, session, arrival.value("client"), now)
    return go(arrival, "/account/applications")
