"""Signing in by the organisation's own identity provider."""

from __future__ import annotations

import logging
from typing import Final

from starlette.responses import Response

from alliance_api.store.desk import Desk

from . import visits
from .aims import aim_of
from .arrival import Arrival, Stop
from .chance import new_secret
from .pages import go
from .sessions import Somebody
from .sign_in import let_in, sign_in_page
from .upstream import Provider, Refused

_LINKED: Final = """
SELECT organisation_id, person_id FROM oauth.upstream_links
WHERE provider = %(provider)s AND subject = %(subject)s AND organisation_id = %(organisation)s
"""

_log = logging.getLogger("alliance.people")


async def begin(arrival: Arrival) -> Response:
    """Send the browser to the provider. Raises `Stop` for one that is not there."""
    house, provider = arrival.house, _provider(arrival)
    try:
        begun = await house.upstream.begin(provider, _back(arrival, provider))
    except Refused as refused:
        return await _refused(arrival, refused)
    # A visit of its own: somebody signed in here stays so until this is through.
    arrival.next_token = arrival.token if arrival.session else new_secret()
    about = {**begun.kept, **arrival.aim.given}
    async with house.database.desk() as desk:
        await visits.begin(desk, arrival.next_token, "upstream", house.now(), about=about)
    return go(arrival, begun.location)


async def back(arrival: Arrival) -> Response:
    """Sign in whom the provider vouches for, if they were linked. Raises `Stop`."""
    house, provider = arrival.house, _provider(arrival)
    async with house.database.desk() as desk:
        visit = await visits.take(desk, arrival.token, "upstream", house.now())
    if visit is None or visit.about["provider"] != provider.name:
        return await _refused(arrival, Refused("mix_up"))
    kept = {name: str(value) for name, value in visit.about.items()}
    try:
        given = dict(arrival.request.query_params)
        subject = await house.upstream.subject(provider, kept, given, _back(arrival, provider))
    except Refused as refused:
        return await _refused(arrival, refused)
    async with house.database.desk() as desk:
        who = await _linked(desk, provider, subject)
    if who is None or await house.places(who.organisation, who.person) is None:
        return await _refused(arrival, Refused("not_linked"))
    return await let_in(arrival, who, aim_of(kept))


async def _linked(desk: Desk, provider: Provider, subject: str) -> Somebody | None:
    values = {"subject": subject, "organisation": provider.organisation}
    row = await desk.row(_LINKED, provider=provider.name, **values)
    if row is None:
        return None
    return Somebody(row["organisation_id"], row["person_id"], None, ("fed",))


def _provider(arrival: Arrival) -> Provider:
    found = arrival.house.providers.get(str(arrival.request.path_params["provider"]))
    if found is None:
        raise Stop(404, "missing")
    return found


def _back(arrival: Arrival, provider: Provider) -> str:
    # An address for each provider: an answer of one is never taken for another's.
    return f"{arrival.house.site.origin}/account/sign-in/back/{provider.name}"


async def _refused(arrival: Arrival, refused: Refused) -> Response:
    _log.warning("sign_in.upstream_refused", extra={"error.type": refused.reason})
    return await sign_in_page(arrival, "sign_in.upstream", 422)
