"""The two README commands on a fresh clone, with nothing of this checkout's set-up."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from evidence.figures import Figure

ROOT = Path(__file__).parents[1]
# What a fresh machine has: a path to its programs, and how its package client is set up.
KEPT = ("PATH", "HOME", "LANG", "PIP_", "SSL_", "REQUESTS_", "CURL_", "PYENV_ROOT")


def experiment(small: bool) -> Figure:
    """Clone what is committed and run the commands; small: the demo only, set up already."""
    with tempfile.TemporaryDirectory(prefix="alliance-fresh-") as folder:
        clone = Path(folder) / "alliance"
        # PostgreSQL runs as a user of its own when we are root, and must reach its data.
        Path(folder).chmod(0o755)
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        demo = [sys.executable, "-m", "alliance_api", "demo", "--once"]
        commands = [demo] if small else [["make", "demo", "ONCE=1"], ["make", "test"]]
        done = [(" ".join(command[-2:]), *_run(command, clone)) for command in commands]
    told = ", ".join(f"{name}: exit {code} in {seconds:.0f} s" for name, code, seconds in done)
    return Figure("fresh", told, "both exit 0", met=all(code == 0 for _, code, _ in done))


def _run(command: list[str], folder: Path) -> tuple[int, float]:
    environment = {key: value for key, value in os.environ.items() if key.startswith(KEPT)}
    if command[0] == sys.executable:
        environment["PYTHONPATH"] = str(folder / "services")
    started = time.monotonic()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    print(*done.stdout.splitlines()[-5:], sep="\n")
    if done.returncode:
        print(*done.stderr.splitlines()[-30:], sep="\n")
    return done.returncode, time.monotonic() - started
