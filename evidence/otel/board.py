"""What the dashboard and the alert rules ask for, and whether a collector would have it by that name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from chassis.metrics import METRICS, Sort
from evidence.otel import names
from evidence.otel.rules import rules

BOARD = Path(__file__).parents[2] / "deploy" / "grafana" / "dashboards" / "alliance.json"
_NAME = re.compile(r"\b(?:alliance|vault)_[a-z_]+\b")
KINDS = {
    Sort.COUNTER: "counter",
    Sort.UP_DOWN: "up_down",
    Sort.GAUGE: "gauge",
    Sort.HISTOGRAM: "histogram",
}


def expressions() -> dict[str, str]:
    """Return every expression, by what it is for."""
    board = json.loads(BOARD.read_text(encoding="utf-8"))
    found = {
        f"{panel['title']} {target['refId']}": target["expr"]
        for panel in board["panels"]
        for target in panel["targets"]
    }
    return found | {rule["alert"]: rule["expr"] for rule in rules()}


def named(expression: str) -> set[str]:
    """Return the names of series in an expression."""
    return set(_NAME.findall(expression))


def scraped() -> set[str]:
    """Return the names of series that a collector makes of our metrics."""
    return {name for metric in METRICS
            for name in names.series(metric.name, metric.unit, KINDS[metric.sort])}  # fmt: skip


def nowhere(series: Iterable[str]) -> list[str]:
    """Return which expressions ask for what is not among series."""
    known = set(series)
    return [
        f"{what}: there is no {', '.join(sorted(named(text) - known))}"
        for what, text in expressions().items()
        if not named(text) or named(text) - known
    ]
