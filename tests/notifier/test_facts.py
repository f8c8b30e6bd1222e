"""The feed's events, as its golden files have them and as they must not be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from notifier.domain import facts
from notifier.domain.errors import Malformed
from notifier.domain.facts import Fact, Unknown, parse

pytestmark = pytest.mark.ground

GOLDEN = sorted((Path(__file__).parents[1] / "contract" / "facts").glob("*.json"))


def event(**changes: Any) -> dict[str, Any]:
    """Return a good event of a planned session, but for the changes; None takes an entry away."""
    good = {
        "specversion": "1.0",
        "id": "0192",
        "source": "/organisations/organisation-1",
        "type": "session.planned",
        "subject": "session-1",
        "time": "2026-03-02T09:00:00Z",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "data": {
            "case": "case-1",
            "plannedStart": "2026-03-09T15:00:00+01:00",
            "plannedEnd": "2026-03-09T15:50:00+01:00",
        },
    }
    data = {**good["data"], **changes.pop("data", {})}  # type: ignore[dict-item]  # it is a dict
    given = {**good, "data": {k: v for k, v in data.items() if v is not None}, **changes}
    return {key: value for key, value in given.items() if value is not None}


def test_an_event_becomes_a_fact() -> None:
    fact = parse(event())
    assert isinstance(fact, Fact)
    assert (fact.id, fact.organisation, fact.case) == ("0192", "organisation-1", "case-1")
    assert fact.at.isoformat() == "2026-03-02T09:00:00+00:00"
    assert set(fact.extra) == {"plannedStart", "plannedEnd"}
    assert fact.traceparent == event()["traceparent"]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_every_golden_fact_of_the_feed_is_understood(path: Path) -> None:
    fact = parse(json.loads(path.read_text()))
    assert isinstance(fact, Fact), "the notifier must learn this type"
    assert fact.type == path.stem


def test_a_type_nobody_taught_it_is_kept_apart() -> None:
    assert parse(event(type="moon.rose")) == Unknown("0192", "moon.rose")


def test_a_key_that_was_added_since_is_left_out() -> None:
    fact = parse(event(data={"weather": "a sunny day"}))
    assert isinstance(fact, Fact)
    assert "weather" not in fact.extra


def test_a_broken_trace_is_no_reason_to_miss_a_fact() -> None:
    fact = parse(event(traceparent="nonsense"))
    assert isinstance(fact, Fact)
    assert fact.traceparent is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"id": None}, "id"),
        ({"id": "two words"}, "id"),
        ({"source": "/elsewhere"}, "source"),
        ({"subject": 7}, "subject"),
        ({"time": "2026-03-02T09:00:00"}, "time"),
        ({"time": "soon"}, "time"),
        ({"data": {"case": None}}, "data.case"),
        ({"data": {"plannedStart": None}}, "data.plannedStart"),
        ({"data": {"plannedEnd": "later"}}, "data.plannedEnd"),
        ({"data": {"plannedEnd": True}}, "data.plannedEnd"),
        ({"data": {"therapist": "Dr Who, of course"}}, "data.therapist"),
        ({"type": "case.opened", "data": {"client": "p-1", "timeZone": "../etc"}}, "data.timeZone"),
        (
            {
                "type": "case.opened",
                "data": {"client": "p-1", "timeZone": "UTC", "intervalDays": 0},
            },
            "data.intervalDays",
        ),
        ({"type": "commitment.made", "data": {"owner": "p-1", "due": "1 May"}}, "data.due"),
    ],
)
def test_a_malformed_event_is_refused_by_the_name_of_its_field(
    changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Malformed) as found:
        parse(event(**changes))
    assert found.value.field == field


def test_an_error_does_not_repeat_what_was_given() -> None:
    with pytest.raises(Malformed) as found:
        parse(event(subject="Anna said she is afraid"))
    assert "Anna" not in str(found.value)


def test_an_event_without_data_is_refused() -> None:
    with pytest.raises(Malformed, match="data"):
        parse({**event(), "data": [1]})


def test_the_types_it_knows_each_have_their_rule() -> None:
    named = {
        value for name, value in vars(facts).items() if name.isupper() and isinstance(value, str)
    }
    assert named == facts.TYPES
