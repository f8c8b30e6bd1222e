"""Files of the profile `observability` mean the same; what looks at them finds what it looks for."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from chassis.metrics import METRICS, prometheus_names
from evidence import compose_policy, observability
from evidence.otel import board, names, pipelines, rules, wire

Change = Callable[[dict[str, Any]], None]


def config() -> dict[str, Any]:
    return observability.read("otel/collector.yaml")


def places(
    collector: dict[str, Any] | None = None,
    prometheus: dict[str, Any] | None = None,
    sources: dict[str, Any] | None = None,
    compose: dict[str, Any] | None = None,
) -> list[str]:
    return pipelines.places(
        collector or config(),
        prometheus or observability.read("otel/prometheus.yaml"),
        sources or observability.read("grafana/provisioning/datasources/all.yaml"),
        compose or compose_policy.read(),
    )


def test_the_files_mean_the_same_places() -> None:
    assert observability.files() == []


BROKEN: dict[str, Change] = {
    "a receiver": lambda it: it["receivers"].update(zipkin={}),
    "a processor": lambda it: it["processors"].pop("batch"),
    "an exporter": lambda it: it["exporters"].pop("prometheus"),
    "an exporter by another name": lambda it: it["service"]["pipelines"]["traces"].update(
        exporters=["otlphttp"]
    ),
    "no exporter": lambda it: it["service"]["pipelines"]["metrics"].update(exporters=[]),
    "no metrics": lambda it: it["service"]["pipelines"].pop("metrics"),
    "no such pipeline": lambda it: it["service"]["pipelines"].update(
        trace=it["service"]["pipelines"]["traces"]
    ),
    "memory": lambda it: it["service"]["pipelines"]["traces"]["processors"].reverse(),
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_a_pipeline_that_would_not_start_is_found(change: Change) -> None:
    found = copy.deepcopy(config())
    change(found)
    assert pipelines.problems(found)


def test_an_address_that_leads_nowhere_is_found() -> None:
    collector = config()
    collector["exporters"]["otlphttp/jaeger"]["endpoint"] = "http://tempo:4318"
    assert any("tempo" in each for each in places(collector))
    collector = config()
    collector["exporters"]["prometheus"]["endpoint"] = "0.0.0.0:9999"
    assert any("9999" in each for each in places(collector))
    collector["receivers"]["otlp"]["protocols"]["http"]["endpoint"] = "0.0.0.0:4317"
    assert len([each for each in places(collector) if "4317" in each]) == 3
    prometheus = observability.read("otel/prometheus.yaml")
    prometheus["rule_files"] = ["/etc/prometheus/rules.yaml"]
    prometheus["scrape_configs"][0]["honor_labels"] = False
    assert len(places(prometheus=prometheus)) == 2


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_collector_calls_a_metric_as_we_think(metric: Any) -> None:
    assert names.series(metric.name, metric.unit, board.KINDS[metric.sort]) == prometheus_names(
        metric
    )


@pytest.mark.parametrize(
    ("name", "unit", "kind", "expected"),
    [
        ("a.b", "1", "gauge", "a_b_ratio"),
        ("a.b", "{thing}", "gauge", "a_b"),
        ("a.b", "1", "counter", "a_b_total"),
        ("a.b", "1", "up_down", "a_b"),
        ("a.b", "s", "gauge", "a_b_seconds"),
        ("a.seconds", "s", "gauge", "a_seconds"),
        ("a.total.b", "s", "counter", "a_b_seconds_total"),
    ],
)
def test_names_of_prometheus(name: str, unit: str, kind: str, expected: str) -> None:
    assert names.family(name, unit, kind) == expected


def test_what_nobody_tells_is_found() -> None:
    series = board.scraped() - {"alliance_reminders_queue"}
    found = board.nowhere(series)
    assert {each.partition(":")[0] for each in found} == {
        "Reminders",
        "RemindersWait",
        "NoWorker",
    }


def test_every_alert_has_what_sets_it_off_and_what_does_not() -> None:
    found = rules.rules()
    assert rules.untested(found) == []
    assert rules.untested([*found, {"alert": "New"}])
    assert rules.untested(found[1:])


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    return wire.received()


def test_every_metric_comes_over_the_wire_and_nothing_else(seen: dict[str, Any]) -> None:
    wanted = {metric.name for metric in METRICS}
    assert observability.told(seen, wanted) == []
    assert set(seen["metrics"]) == wanted
    assert wire.SAID not in seen["raw"]
    assert 'le="+Inf"' in seen["text"]


def test_two_processes_of_a_service_are_two(seen: dict[str, Any]) -> None:
    [(service, instance)] = set(map(tuple, seen["instances"]))
    assert service == "evidence"
    assert instance
    assert observability.told({**seen, "instances": [("alliance-api", "")]}, set())


def test_what_should_not_have_come_is_found(seen: dict[str, Any]) -> None:
    assert observability.told(seen, {"alliance.unheard.of"})
    told = {**seen, "metrics": {**seen["metrics"], "alliance.requests": ["operation", "person"]}}
    assert observability.told(told, set())
    span = {**seen["spans"][0], "attributes": {"db.query.text": "x"}}
    assert observability.told({**seen, "spans": [span]}, set())
    assert observability.told({**seen, "resources": ["host.name"]}, set())
