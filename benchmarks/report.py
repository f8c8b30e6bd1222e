"""What was found, as a table and as JSON."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from .data import SERVER, Data
from .rounds import ALLIANCE, PGBENCH, PLAIN, Plan, Results

TARGET_PLAIN, TARGET_PGBENCH, TARGET_CONNECTIONS = 25.0, 0.35, 16
PACKAGES = ("strawberry-graphql", "sqlalchemy", "psycopg", "fastapi", "uvicorn", "graphql-core")

_progress = Console(stderr=True)


def say(line: str) -> None:
    """Say how far it is."""
    _progress.print(line, highlight=False)


def result(data: Data, therapists: int, plan: Plan, found: Results) -> dict[str, Any]:
    """Return everything that was found, with the ratios."""
    operations = dict.fromkeys(operation for operation, _, _ in found.runs)
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "machine": {"processors": os.cpu_count(), "kind": platform.machine()},
        "versions": {
            "python": platform.python_version(),
            "postgresql": data.server,
            **{name: version(name) for name in PACKAGES},
        },
        "server": SERVER,
        "sizes": {"therapists": therapists, **data.sizes},
        "seconds": plan.seconds,
        "rounds": plan.rounds,
        "workers": plan.workers[0],
        "dashboard_by_workers": {
            name: {str(workers): rate for workers, rate in rates.items()}
            for name, rates in found.by_workers.items()
        },
        "answers_compared_and_equal": found.compared,
        "measured": [
            _line(found, operation, connections)
            for operation in operations
            for connections in plan.connections
        ],
    }


def _line(found: Results, operation: str, connections: int) -> dict[str, Any]:
    line: dict[str, Any] = {"operation": operation, "connections": connections}
    for contender in (ALLIANCE, PLAIN, PGBENCH):
        median = found.median(operation, contender, connections)
        if median is not None:
            line[contender] = {
                "per_second": round(median.rate, 1),
                "p50_ms": round(median.p50, 2),
                "p99_ms": round(median.p99, 2),
                "requests": median.count,
            }
    ours = line[ALLIANCE]["per_second"]
    line["times_plain"] = round(ours / line[PLAIN]["per_second"], 2)
    if PGBENCH in line:
        line["of_pgbench"] = round(ours / line[PGBENCH]["per_second"], 3)
    return line


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "unknown"


def write(path: Path, found: dict[str, Any]) -> None:
    """Write everything as JSON."""
    path.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def show(found: dict[str, Any]) -> None:
    """Print the table."""
    sizes = ", ".join(f"{value:,} {name}" for name, value in found["sizes"].items())
    table = Table(title=f"Requests a second, p50 and p99 in ms ({sizes})", title_justify="left")
    table.add_column("operation")
    table.add_column("connections", justify="right")
    for name in (ALLIANCE, PLAIN, PGBENCH):
        table.add_column(name, justify="right")
    table.add_column("x plain", justify="right")
    table.add_column("of pgbench", justify="right")
    for line in found["measured"]:
        table.add_row(
            line["operation"],
            str(line["connections"]),
            *[_cell(line.get(name)) for name in (ALLIANCE, PLAIN, PGBENCH)],
            f"{line['times_plain']:.1f}",
            f"{line['of_pgbench']:.2f}" if "of_pgbench" in line else "-",
        )
    Console(width=None if sys.stdout.isatty() else 140).print(table)


def _cell(found: dict[str, float] | None) -> str:
    if found is None:
        return "-"
    return f"{found['per_second']:,.0f}  {found['p50_ms']:.1f}  {found['p99_ms']:.1f}"


def _target(found: dict[str, Any]) -> dict[str, Any]:
    """Return the dashboard at the target's connections; in a small run, at those there are."""
    lines = [line for line in found["measured"] if line["operation"] == "dashboard"]
    exact = [line for line in lines if line["connections"] == TARGET_CONNECTIONS]
    line: dict[str, Any] = (exact or lines)[0]
    return line


def is_met(found: dict[str, Any]) -> bool:
    """Tell whether the target is met."""
    line = _target(found)
    return bool(line["times_plain"] >= TARGET_PLAIN and line["of_pgbench"] >= TARGET_PGBENCH)


def verdict(found: dict[str, Any]) -> str:
    """Return the last line."""
    line = _target(found)
    return (
        f"bench: dashboard {line['times_plain']:.1f} times plain{_more_workers(found)}, "
        f"{line['of_pgbench']:.2f} of pgbench, target {TARGET_PLAIN:g} and {TARGET_PGBENCH:g}"
    )


def _more_workers(found: dict[str, Any]) -> str:
    """Say what the ratio is when both have as many workers as there are processors."""
    rates = found["dashboard_by_workers"]
    if not rates:
        return ""
    most = max(rates[ALLIANCE], key=int)
    ratio = rates[ALLIANCE][most] / rates[PLAIN][most]
    return f" with one worker each ({ratio:.1f} with {most} each)"
