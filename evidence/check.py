"""`make check`: lint, format, types, import contracts, freshness of generated files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from evidence.figures import Figure

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent


def experiment(small: bool) -> Figure:
    """Run every check; small: the import contracts and the house in the README only."""
    house = [str(BIN / "pytest"), "-q", "-p", "no:xdist", "tests/architecture/test_readme_house.py"]
    commands = [[str(BIN / "lint-imports"), "--no-logo"], house]
    if not small:
        commands.append(["make", "check"])
    findings = 0
    for command in commands:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            findings += 1
            print(done.stdout[-3000:], done.stderr[-1000:])
    total = len(commands)
    figure = f"{total - findings} of {total} checks clean"
    return Figure("check", figure, f"{total} of {total}", met=findings == 0)
