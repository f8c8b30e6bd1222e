"""What is counted and timed, by name; what is not named here does not leave the process.

Labels are from closed sets, and pass the allow-list of spans and logs: a caller cannot write into a
metric, nor make it grow. Names are OpenTelemetry's; `deploy/` shows what Prometheus makes of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Final

from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader
from opentelemetry.sdk.metrics.view import (
    DropAggregation,
    ExplicitBucketHistogramAggregation,
    View,
)
from opentelemetry.sdk.resources import Resource

from .telemetry import may_leave

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
DELAYS: Final = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 21600.0, 86400.0)


class Sort(StrEnum):
    """How a metric behaves."""

    COUNTER = "counter"
    UP_DOWN = "up_down_counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: its labels are all it can ever have.

    What is counted is a unit in braces. `1` would be a share of something, and a collector would call
    a gauge so.
    """

    name: str
    sort: Sort
    unit: str
    about: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()


REQUESTS: Final = Metric(
    "alliance.requests",
    Sort.COUNTER,
    "{request}",
    "Requests answered, by operation and outcome: ok, refused or error.",
    ("operation", "outcome"),
)
DURATION: Final = Metric(
    "alliance.request.duration",
    Sort.HISTOGRAM,
    "s",
    "How long an answer took; those who wait for facts are `feed.wait`.",
    ("operation", "outcome"),
    SECONDS,
)
FEED_LAG: Final = Metric(
    "alliance.feed.lag",
    Sort.HISTOGRAM,
    "s",
    "How old the oldest fact of a batch was when it was told, to a reader who is not beginning anew.",
    (),
    DELAYS,
)
FEED_WAITING: Final = Metric(
    "alliance.feed.waiting", Sort.UP_DOWN, "{reader}", "Readers who wait for facts at this moment."
)
SUBSCRIPTIONS: Final = Metric(
    "alliance.subscriptions",
    Sort.UP_DOWN,
    "{subscription}",
    "Subscriptions that are watched at this moment.",
)
UNOPENED: Final = Metric(
    "vault.unopened", Sort.COUNTER, "{text}", "Sealed texts that did not open.", ("error.type",)
)
PLANNED: Final = Metric(
    "alliance.reminders.planned",
    Sort.COUNTER,
    "{reminder}",
    "Reminders planned.",
    ("reminder.kind",),
)
SENT: Final = Metric(
    "alliance.reminders.sent",
    Sort.COUNTER,
    "{reminder}",
    "Reminders a provider has taken.",
    ("reminder.kind", "channel"),
)
LATE: Final = Metric(
    "alliance.reminders.lateness",
    Sort.HISTOGRAM,
    "s",
    "How long after it was due a reminder was sent.",
    ("reminder.kind",),
    DELAYS,
)
DROPPED: Final = Metric(
    "alliance.reminders.dropped",
    Sort.COUNTER,
    "{reminder}",
    "Reminders that were not sent, by reason.",
    ("reminder.kind", "reason"),
)
QUEUE: Final = Metric(
    "alliance.reminders.queue", Sort.GAUGE, "{reminder}", "Reminders that are due and not sent."
)
UNREAD: Final = Metric(
    "alliance.notifier.feed.unread",
    Sort.COUNTER,
    "{attempt}",
    "Attempts at a feed that came to nothing: the API did not answer, or refused.",
)
READ_LAG: Final = Metric(
    "alliance.notifier.feed.lag",
    Sort.GAUGE,
    "s",
    "How old the last fact was when the notifier had dealt with it.",
)
METRICS: Final = (
    REQUESTS,
    DURATION,
    FEED_LAG,
    FEED_WAITING,
    SUBSCRIPTIONS,
    UNOPENED,
    PLANNED,
    SENT,
    LATE,
    DROPPED,
    QUEUE,
    UNREAD,
    READ_LAG,
)


@cache
def _instrument(metric: Metric) -> Any:
    meter = metrics.get_meter("alliance")
    make: Callable[..., Any] = getattr(meter, f"create_{metric.sort.value}")
    return make(metric.name, unit=metric.unit, description=metric.about)


def add(metric: Metric, amount: int = 1, /, labels: Mapping[str, str] | None = None) -> None:
    """Count."""
    _instrument(metric).add(amount, may_leave(labels))


def record(metric: Metric, value: float, /, labels: Mapping[str, str] | None = None) -> None:
    """Note a duration, or what a gauge shows now."""
    instrument = _instrument(metric)
    note = instrument.set if metric.sort is Sort.GAUGE else instrument.record
    note(value, may_leave(labels))


@contextmanager
def answered(operation: str) -> Iterator[dict[str, str]]:
    """Count and time an answer; whoever answers sets `outcome` in what is yielded."""
    labels = {"operation": operation, "outcome": "error"}
    began = time.perf_counter()
    try:
        yield labels
    finally:
        add(REQUESTS, 1, labels)
        record(DURATION, time.perf_counter() - began, labels)


def outcome_of(status: int) -> str:
    """Return how an answer of this HTTP status ended."""
    if status < 400:  # noqa: PLR2004  (HTTP's own classes)
        return "ok"
    return "refused" if status < 500 else "error"  # noqa: PLR2004


def meter_provider(service: str, *readers: MetricReader) -> MeterProvider:
    """Make what the composition root installs: metrics of this list with their labels, and no other."""
    kept = [_view(metric) for metric in METRICS]
    dropped = View(instrument_name="*", aggregation=DropAggregation())
    return MeterProvider(
        metric_readers=readers,
        resource=Resource.create({"service.name": service}),
        views=[*kept, dropped],
    )


def _view(metric: Metric) -> View:
    bounds = ExplicitBucketHistogramAggregation(metric.bounds) if metric.bounds else None
    return View(instrument_name=metric.name, attribute_keys=set(metric.labels), aggregation=bounds)


def prometheus_names(metric: Metric) -> frozenset[str]:
    """Return the names a collector gives a metric for Prometheus."""
    name = metric.name.replace(".", "_") + ("_seconds" if metric.unit == "s" else "")
    if metric.sort is Sort.HISTOGRAM:
        return frozenset({f"{name}_bucket", f"{name}_sum", f"{name}_count"})
    return frozenset({f"{name}_total" if metric.sort is Sort.COUNTER else name})
