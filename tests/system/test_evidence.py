"""The short form of the experiments that have no tests of their own elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from evidence.__main__ import EXPERIMENTS
from tests.house import RUN

ROOT = Path(__file__).parents[2]
ELSEWHERE = {
    "rls": "tests/store/test_law.py",
    "broken-query": "tests/store/test_broken_query.py",
    "one-statement": "tests/store/test_one_statement.py",
    "bench": "tests/system/test_benchmarks.py",
}

pytestmark = [pytest.mark.slow, pytest.mark.system]


@pytest.mark.parametrize("name", sorted(EXPERIMENTS.keys() - ELSEWHERE.keys()))
def test_the_short_form_meets_its_target(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "evidence", name, "--small"],
        cwd=ROOT,
        # A server of its own: what other tests log or hold open is not what it looks at.
        env={name: value for name, value in os.environ.items() if name != RUN},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert done.stdout.strip().splitlines()[-1].startswith(f"{name}: ")


def test_every_experiment_has_a_short_form_among_the_tests() -> None:
    for name, file in ELSEWHERE.items():
        assert name in EXPERIMENTS
        assert (ROOT / file).exists()
