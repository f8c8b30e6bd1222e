"""What the worker counts, and in whose trace it sends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis import metrics as chassis_metrics
from chassis.telemetry import parent
from notifier.channels.message import Channel
from notifier.feed import Batch, Unreadable
from notifier.worker import counting, sender
from notifier.worker.puller import Puller
from tests.chassis.test_metrics import Points, Wire
from tests.notifier.test_worker import SOON, Kept, a_house, facts_of_a_session
from tests.notifier.told import CLIENT

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    found = Wire(monkeypatch)
    yield found
    found.provider.shutdown()
    chassis_metrics._instrument.cache_clear()


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    provider, kept = TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr(sender, "_tracer", provider.get_tracer("test"))
    return kept


def counted(points: Points, name: str) -> int:
    """Return a counter's value, or how often a histogram was told something."""
    return sum(int(each["value"] if "value" in each else each["count"]) for each in points[name])


def test_a_reminder_is_counted_when_planned_and_when_sent_and_goes_on_in_its_trace(
    ledger_url: str, ledger_admin: str, wire: Wire, spans: InMemorySpanExporter
) -> None:
    email = Kept()
    channels: dict[str, Channel] = {"email": email}

    async def story() -> None:
        async with a_house(ledger_url, ledger_admin, channels) as house:
            await house.choose(CLIENT)
            await house.reachable(CLIENT)
            facts = facts_of_a_session(SOON)
            await house.told(*(replace(each, traceparent=TRACE) for each in facts))
            await house.work("SELECT FROM reminders WHERE state = 'SENT'")

    asyncio.run(story())
    sent = wire.sent()

    assert counted(sent, "alliance.reminders.planned") >= 1
    assert counted(sent, "alliance.reminders.sent") == len(email.sent) == 1
    assert counted(sent, "alliance.reminders.lateness") == 1
    [span] = [each for each in spans.get_finished_spans() if (each.attributes or {}).get("outcome")]
    assert f"{span.context.trace_id:032x}" == TRACE.split("-")[1]
    assert span.attributes == {"reminder.kind": "session-upcoming", "outcome": "SENT"}


def test_what_waits_is_counted_and_how_far_behind_a_reader_is(
    ledger_url: str, ledger_admin: str, wire: Wire
) -> None:
    facts = facts_of_a_session(SOON)

    async def story() -> None:
        async with a_house(ledger_url, ledger_admin, {}) as house:
            # Who is awake at any hour: by night nothing would be due.
            await house.choose(CLIENT)
            await house.told(*facts)
            await counting.waiting(house.parts.store)

    asyncio.run(story())
    counting.caught_up(facts, facts[-1].at + timedelta(seconds=7))

    sent = wire.sent()
    [queue], [behind] = sent["alliance.reminders.queue"], sent["alliance.notifier.feed.lag"]
    assert queue["value"] >= 1
    assert behind["value"] == 7


def test_a_feed_that_cannot_be_read_is_counted_each_time(wire: Wire) -> None:
    class Silent:
        name = "linden"

        def __init__(self) -> None:
            self.asked = asyncio.Event()

        async def read(self, _: str | None) -> Batch:
            self.asked.set()
            raise Unreadable("HTTP_503")

    class Nowhere:
        async def position(self, _: str) -> None:
            return None

    async def story() -> None:
        feed = Silent()
        pulling = asyncio.create_task(Puller(feed, Nowhere()).run())  # type: ignore[arg-type]
        for _ in range(2):
            await feed.asked.wait()
            feed.asked.clear()
        pulling.cancel()

    asyncio.run(story())
    assert counted(wire.sent(), "alliance.notifier.feed.unread") >= 1


def test_a_bad_trace_is_no_trace() -> None:
    for given in (None, "", "00-zz", "x" * 60):
        context = trace.get_current_span(parent(given)).get_span_context()
        assert not context.is_valid
