"""Metrics have the names and labels of one list; what is not on it does not leave."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from chassis import metrics as chassis
from chassis.metrics import METRICS, Sort, meter_provider, outcome_of, prometheus_names
from chassis.telemetry import ALLOWED

pytestmark = pytest.mark.ground

DEPLOY = Path(__file__).parents[2] / "deploy"
SERVICES = Path(__file__).parents[2] / "services"
SAID = "I do not feel understood by you"
Points = dict[str, list[dict[str, Any]]]


class Wire:
    """A provider of ours, and what would be sent."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reader = InMemoryMetricReader()
        self.provider: MeterProvider = meter_provider("test", self.reader)
        chassis._instrument.cache_clear()
        monkeypatch.setattr("chassis.metrics.metrics.get_meter", self.provider.get_meter)

    def sent(self) -> Points:
        found = self.reader.get_metrics_data()
        told = json.loads(found.to_json()) if found else {"resource_metrics": []}
        return {
            metric["name"]: metric["data"]["data_points"]
            for resource in told["resource_metrics"]
            for scope in resource["scope_metrics"]
            for metric in scope["metrics"]
        }


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    found = Wire(monkeypatch)
    yield found
    found.provider.shutdown()
    chassis._instrument.cache_clear()


def test_every_metric_can_be_written_and_is_sent_with_its_labels(wire: Wire) -> None:
    for metric in METRICS:
        labels = dict.fromkeys(metric.labels, "value")
        if metric.sort in (Sort.COUNTER, Sort.UP_DOWN):
            chassis.add(metric, 2, labels)
        else:
            chassis.record(metric, 2.5, labels)
    sent = wire.sent()

    assert set(sent) == {metric.name for metric in METRICS}
    for metric in METRICS:
        [point] = sent[metric.name]
        assert point["attributes"] == dict.fromkeys(metric.labels, "value")


def test_a_label_that_is_not_the_metrics_own_never_leaves(wire: Wire) -> None:
    chassis.add(chassis.PLANNED, 1, {"reminder.kind": "session", "facet": "GOAL", "person": "x"})
    [point] = wire.sent()["alliance.reminders.planned"]
    assert point["attributes"] == {"reminder.kind": "session"}


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_prose_never_leaves_in_a_label(wire: Wire, metric: chassis.Metric) -> None:
    write = chassis.add if metric.sort in (Sort.COUNTER, Sort.UP_DOWN) else chassis.record
    write(metric, 1, dict.fromkeys(metric.labels, SAID))
    assert SAID not in json.dumps(wire.sent())


def test_a_metric_that_is_not_on_the_list_never_leaves(wire: Wire) -> None:
    other = wire.provider.get_meter("a library").create_counter("http.urls")
    other.add(1, {"url": SAID})
    chassis.add(chassis.REQUESTS, 1, {"operation": "feed", "outcome": "ok"})
    assert set(wire.sent()) == {"alliance.requests"}


def test_an_answer_is_counted_and_timed_also_when_it_fails(wire: Wire) -> None:
    with chassis.answered("feed") as labels:
        labels["outcome"] = outcome_of(403)
    with pytest.raises(ValueError, match="never"), chassis.answered("feed"):
        raise ValueError("never came to an end")
    sent = wire.sent()

    counted = {
        point["attributes"]["outcome"]: point["value"] for point in sent["alliance.requests"]
    }
    assert counted == {"refused": 1, "error": 1}
    assert sum(point["count"] for point in sent["alliance.request.duration"]) == 2


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, "ok"), (304, "ok"), (400, "refused"), (429, "refused"), (500, "error")],
)
def test_an_outcome_is_one_of_three(status: int, outcome: str) -> None:
    assert outcome_of(status) == outcome


def test_every_label_is_on_the_allow_list() -> None:
    labels = {label for metric in METRICS for label in metric.labels}
    assert labels <= ALLOWED
    assert len({metric.name for metric in METRICS}) == len(METRICS) >= 10


# --- Dashboards and alerts ------------------------------------------------------------------

_NAME = re.compile(r"\b(?:alliance|vault)_[a-z_]+\b")
_LABEL = re.compile(r"(?:by \(([a-z_, ]+)\)|\{([^}]*)\})")


def expressions() -> dict[str, str]:
    """Return every expression of the dashboards and the alert rules, by what it is for."""
    board = json.loads((DEPLOY / "grafana/dashboards/alliance.json").read_text(encoding="utf-8"))
    found = {
        f"{panel['title']} {target['refId']}": target["expr"]
        for panel in board["panels"]
        for target in panel["targets"]
    }
    rules = yaml.safe_load((DEPLOY / "otel/alerts.yaml").read_text(encoding="utf-8"))
    alerts = [rule for group in rules["groups"] for rule in group["rules"]]
    return found | {rule["alert"]: rule["expr"] for rule in alerts}


NAMES = {name: metric for metric in METRICS for name in prometheus_names(metric)}


@pytest.mark.parametrize("what", expressions())
def test_every_metric_and_label_that_is_drawn_or_watched_exists(what: str) -> None:
    expression = expressions()[what]
    named = set(_NAME.findall(expression))
    assert named
    assert named <= set(NAMES)
    known = {label.replace(".", "_") for name in named for label in NAMES[name].labels} | {"le"}
    for grouped, matched in _LABEL.findall(expression):
        asked = re.findall(r"[a-z_]+", grouped) + re.findall(r"([a-z_]+)\s*[!=]", matched)
        assert set(asked) <= known


def test_every_metric_is_drawn() -> None:
    drawn = set(_NAME.findall(" ".join(expressions().values())))
    for metric in METRICS:
        assert prometheus_names(metric) & drawn, metric.name


def test_every_alert_says_what_to_do() -> None:
    rules = yaml.safe_load((DEPLOY / "otel/alerts.yaml").read_text(encoding="utf-8"))
    alerts = [rule for group in rules["groups"] for rule in group["rules"]]
    assert len(alerts) >= 8
    for alert in alerts:
        assert alert["labels"]["severity"] in {"page", "ticket"}
        assert {"summary", "action"} <= set(alert["annotations"])


def test_metrics_of_the_api_are_written_somewhere() -> None:
    text = "".join(
        path.read_text(encoding="utf-8")
        for path in SERVICES.rglob("*.py")
        if "alliance_api" in path.parts or path.name in {"metrics.py", "vault.py"}
    )
    for name in ("FEED_LAG", "FEED_WAITING", "UNOPENED"):
        assert f"metrics.{name}" in text
    assert "metrics.answered(" in text
