"""The benchmark's small form: it runs, both stacks say the same, and what it found is written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.system
@pytest.mark.slow
def test_the_small_benchmark_compares_answers_and_writes_what_it_found(tmp_path: Path) -> None:
    written = tmp_path / "results.json"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--small", "--json", str(written)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().splitlines()[-1].startswith("bench: dashboard ")

    found = json.loads(written.read_text())
    assert found["answers_compared_and_equal"] == 15, "5 dashboards and 10 trajectories"
    assert [line["operation"] for line in found["measured"]] == [
        "dashboard",
        "trajectory",
        "submit",
    ]
    for line in found["measured"]:
        assert line["times_plain"] > 0
        assert line["alliance"]["requests"] > 0
    assert found["measured"][0]["of_pgbench"] > 0
