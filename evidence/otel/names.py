"""What a collector calls a metric in Prometheus, by its own rules: units and kinds become suffixes.

Written from the rules of OpenTelemetry (Metrics, Prometheus compatibility) and of the collector's
exporter, apart from `chassis.metrics.prometheus_names`: two that agree. It imports nothing of ours, since
it also runs in the stand-in's container.
"""

from __future__ import annotations

import re

UNITS = {"s": "seconds", "ms": "milliseconds", "By": "bytes", "%": "percent", "1": ""}


def family(name: str, unit: str, kind: str) -> str:
    """Return the name of a family: `kind` is counter, up_down, gauge or histogram."""
    words = [word for word in re.split(r"[^A-Za-z0-9]+", name) if word]
    # What is in braces is a remark, and no unit.
    spelt = "" if "{" in unit else UNITS.get(unit, unit)
    if spelt and spelt not in words:
        words.append(spelt)
    if kind == "counter":
        words = [word for word in words if word != "total"] + ["total"]
    if kind == "gauge" and unit == "1":
        words = [word for word in words if word != "ratio"] + ["ratio"]
    return "_".join(words)


def series(name: str, unit: str, kind: str) -> set[str]:
    """Return the names of what is scraped."""
    found = family(name, unit, kind)
    return (
        {f"{found}_{part}" for part in ("bucket", "sum", "count")}
        if kind == "histogram"
        else {found}
    )


def label(name: str) -> str:
    """Return what a label is called."""
    return re.sub(r"[^A-Za-z0-9_]", "_", name)
