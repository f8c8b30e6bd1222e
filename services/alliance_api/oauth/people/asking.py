"""The request of an application that somebody is signing in for."""

from __future__ import annotations

from ..requests import Asked, asked
from .arrival import Arrival, Stop


async def asked_by(arrival: Arrival) -> Asked | None:
    """Return the request that the aim names, if it still waits."""
    request = arrival.aim.request
    if request is None:
        return None
    return await asked(arrival.house.database, request, at=arrival.house.now())


async def waiting(arrival: Arrival) -> Asked:
    """Return the request. Raises `Stop` when it is over."""
    found = await asked_by(arrival)
    if found is None:
        raise Stop(404, "over")
    return found
