"""Traces, metrics and alerts: everything that is asked for is told, and nothing else is.

The whole of it needs a container engine and starts the profile `observability` from a fresh clone.
Prometheus and promtool are Debian's. The collector, and Jaeger's place, are taken by a program of ours
that reads collector.yaml and names metrics by the collector's rules; Grafana is not started: what its
dashboard asks is asked of Prometheus. The short form checks files, and sends every metric to that
program over a real wire; with promtool on this machine, it also runs the rules' tests.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import yaml

from chassis.metrics import METRICS
from chassis.telemetry import ALLOWED
from evidence import compose_policy as policy
from evidence.figures import Figure
from evidence.otel import board, pipelines, promtool, wire
from evidence.otel import rules as alerts

TARGET = "0 problems"
DEPLOY = policy.ROOT / "deploy"
# What a resource may say of a process.
RESOURCE = {"service.name", "service.instance.id", "telemetry.sdk.language", "telemetry.sdk.name", "telemetry.sdk.version"}  # fmt: skip


def read(path: str) -> dict[str, Any]:
    """Return a file of deploy/."""
    found: dict[str, Any] = yaml.safe_load((DEPLOY / path).read_text(encoding="utf-8"))
    return found


def files() -> list[str]:
    """Return what is wrong with the files among themselves."""
    config, sources = read("otel/collector.yaml"), read("grafana/provisioning/datasources/all.yaml")
    told = pipelines.problems(config)
    told += pipelines.places(config, read("otel/prometheus.yaml"), sources, policy.read())
    told += alerts.untested(alerts.rules())
    return told + board.nowhere(board.scraped())


def told(seen: dict[str, Any], wanted: set[str]) -> list[str]:
    """Return what is wrong with what came over the wire; `wanted` are the metrics that had to come."""
    wrong = [f"{name} did not come" for name in sorted(wanted - set(seen["metrics"]))]
    own = {metric.name: set(metric.labels) for metric in METRICS}
    for name, labels in seen["metrics"].items():
        if not set(labels) <= own.get(name, set()) & ALLOWED:
            wrong.append(f"{name} came with {labels}")
    for span in seen["spans"]:
        found = set(span["attributes"]).union(*(event[1] for event in span["events"]))
        wrong += [f"the span {span['name']} came with {each}" for each in sorted(found - ALLOWED)]
    wrong += [f"a resource says {each}" for each in sorted(set(seen["resources"]) - RESOURCE)]
    if any(not instance for _, instance in seen["instances"]):
        wrong.append("two processes of a service would be taken for one")
    return wrong


def _small() -> Figure:
    seen = wire.received()
    wrong = files() + told(seen, {metric.name for metric in METRICS})
    wrong += board.nowhere(seen["series"])
    if wire.SAID in seen["raw"]:
        wrong.append("what was said came over the wire")
    run = "promtool is missing: rules were only read"
    if shutil.which("promtool"):
        with tempfile.TemporaryDirectory(prefix="promtool-") as folder:
            run, found = promtool.judge(Path(folder), promtool.here(Path(folder)))
        wrong += found
    for each in wrong:
        print(each)
    figure = f"{len(seen['metrics'])} metrics over the wire, {len(board.expressions())} expressions, {run}, {len(wrong)} problems"
    return Figure("observability", figure, TARGET, not wrong and len(seen["spans"]) == 1)


def experiment(small: bool) -> Figure:
    """Check the files, or start the profile."""
    if small:
        return _small()
    from evidence.otel import running

    return running.whole()
