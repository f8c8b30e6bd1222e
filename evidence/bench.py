"""`make bench`: the dashboard beside a plain stack and beside bare pgbench, in one run."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from evidence.figures import Figure

ROOT = Path(__file__).parents[1]
TARGET = "at least 25 times plain and 0.35 of pgbench at 16 connections"


def experiment(small: bool) -> Figure:
    """Run the benchmark; small: only that it runs and that both stacks give the same answers."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.json" if small else ROOT / "benchmarks" / "results.json"
        command = [sys.executable, "-m", "benchmarks", "--json", str(results)]
        command += ["--small"] if small else []
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        print(done.stdout[-6000:], done.stderr[-2000:])
        answered = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {}
    last = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else "no result"
    told = last.partition(": ")[2].partition(", target")[0]
    return Figure("bench", told, TARGET, met=done.returncode == 0 and bool(answered))
