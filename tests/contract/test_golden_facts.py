"""The golden facts are whole: one for each type, and each what the API would put on the wire."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from alliance_api.domain.fact_types import TYPES
from alliance_api.domain.facts import Fact
from alliance_api.domain.ids import parse_id
from alliance_api.rest.feed.events import Stated, event
from tests.contract.events import golden, types

pytestmark = pytest.mark.ground


def _uuid(text: str) -> UUID:
    found = parse_id(text)
    assert found is not None, text
    return found[1]


def _stated(found: dict[str, Any]) -> Stated:
    data = dict(found["data"])
    case = data.pop("case", None)
    at = datetime.fromisoformat(found["time"])
    fact = Fact(found["type"], case, found["subject"], at, data)
    return Stated(
        UUID(found["id"]),
        1,
        1,
        fact.type,
        _uuid(case) if case else None,
        _uuid(fact.subject),
        fact.at,
        fact.extra,
        found["traceparent"],
    )


def test_every_type_of_fact_has_its_golden_event() -> None:
    assert types() == TYPES


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_a_golden_event_is_what_the_feed_makes_of_such_a_fact(kind: str) -> None:
    found = golden(kind)

    assert event(_stated(found), found["source"], found["cursor"]) == found


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_a_golden_event_keeps_to_cloudevents_1_0(kind: str) -> None:
    found = golden(kind)
    required = {"specversion", "id", "source", "type"}
    optional = {"subject", "time", "datacontenttype", "data"}

    assert required <= set(found)
    assert found["specversion"] == "1.0"
    for name in set(found) - required - optional:
        assert re.fullmatch(r"[a-z0-9]{1,20}", name), "an extension attribute's name"
