"""Reading the feed in tests: what was stated before is told, whoever else is writing."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

import httpx

from tests.house import House
from tests.people import Person

PATIENCE_SECONDS = 60.0


def settle(house: House) -> None:
    """Wait until every transaction that has begun by now is over: the feed ends before the oldest."""
    [(mine,)] = house.rows("SELECT pg_current_xact_id()::text::bigint")
    deadline = time.monotonic() + PATIENCE_SECONDS
    question = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    while house.rows(question)[0][0] <= mine:
        assert time.monotonic() < deadline, "a transaction never ended"
        time.sleep(0.01)


def answer(who: Person, **asked: Any) -> httpx.Response:
    """Return the feed's answer to somebody."""
    return who.house.get(f"/v1/feed?{urlencode(asked)}", who.headers)


def told(who: Person, **asked: Any) -> list[dict[str, Any]]:
    """Return a batch of events."""
    response = answer(who, **asked)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/cloudevents-batch+json"
    found: list[dict[str, Any]] = response.json()
    return found


def told_all(who: Person, *, limit: int = 1000, **asked: Any) -> list[dict[str, Any]]:
    """Return everything that was stated by now, read batch by batch."""
    settle(who.house)
    found: list[dict[str, Any]] = []
    while batch := told(who, limit=limit, **asked):
        found += batch
        asked["after"] = batch[-1]["cursor"]
    return found
