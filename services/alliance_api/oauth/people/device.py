"""The code that a device shows: typed in here, then answered like any request."""

from __future__ import annotations

from math import ceil

from starlette.responses import Response

from . import throttle
from .arrival import Arrival
from .pages import go, page

HERE = "/oauth/device"


async def device_page(arrival: Arrival) -> Response:
    """Ask for the code, or say how it ended."""
    ended = arrival.request.query_params.get("ended")
    if ended in ("granted", "denied"):
        return page(arrival, "device_ended.html", here=f"{HERE}?ended={ended}", ended=ended)
    # A code in the address is only written into the form: who follows a link must still agree.
    return _form(arrival, arrival.request.query_params.get("user_code", "")[:20])


def _form(
    arrival: Arrival,
    code: str,
    error: str | None = None,
    status: int = 200,
    wait: int | None = None,
) -> Response:
    errors = {"user_code": error} if error else None
    return page(arrival, "device.html", status, here=HERE, errors=errors, wait=wait, code=code)


async def enter(arrival: Arrival) -> Response:
    """Go on to the request of a device, by its code. Codes are short: guessing is slowed."""
    house = arrival.house
    lanes = throttle.of_network("device", arrival.network)
    async with house.database.desk() as desk:
        wait = await throttle.enter(desk, lanes, house.now())
    if wait:
        seconds = max(1, ceil(wait.total_seconds()))
        told = arrival.texts("device.wait", seconds=seconds)
        return _form(arrival, "", told, 429, seconds)
    request = await house.entered(arrival.value("user_code", 40))
    if request is None:
        return _form(arrival, "", arrival.texts("device.wrong"), 422)
    async with house.database.desk() as desk:
        await throttle.succeed(desk, lanes, house.now())
    return go(arrival, f"/oauth/login?request={request}")
