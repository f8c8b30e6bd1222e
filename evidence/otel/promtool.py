"""promtool, on this machine or in a container: the configuration, the rules, and the rules' tests."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from evidence.otel import rules

OTEL = rules.RULES.parent
# Runs promtool with arguments where the files are; returns whether it agreed, and what it said.
Promtool = Callable[..., tuple[bool, str]]


def here(folder: Path) -> Promtool:
    """Return this machine's own."""
    return _running(["promtool"], folder)


def within(image: str, folder: Path) -> Promtool:
    """Return that of an image; the folder is mounted at its own path."""
    mount = f"{folder}:{folder}:ro"
    own = ["--rm", "--network", "none", "--volume", mount, "--workdir", str(folder)]
    return _running(["docker", "run", *own, "--entrypoint", "promtool", image], folder)


def _running(command: list[str], folder: Path) -> Promtool:
    def run(*arguments: str) -> tuple[bool, str]:
        done = subprocess.run([*command, *arguments], cwd=folder, capture_output=True, text=True)
        return done.returncode == 0, done.stdout + done.stderr

    return run


def judge(folder: Path, promtool: Promtool) -> tuple[str, list[str]]:
    """Check configuration and rules, test the rules, and test that the tests can fail.

    Returns what was done, and what was wrong.
    """
    folder.chmod(0o755)
    shutil.copy(rules.RULES, folder / "alerts.yaml")
    text = (OTEL / "prometheus.yaml").read_text(encoding="utf-8")
    # Where the container has it: checked are the files that are mounted there.
    (folder / "prometheus.yaml").write_text(
        text.replace("/etc/prometheus/alerts.yaml", "alerts.yaml"), encoding="utf-8"
    )
    found = rules.rules()
    (folder / "tests.yaml").write_text(rules.as_tests(found, "alerts.yaml"), encoding="utf-8")
    wrong = []
    for check in (("check", "config", "prometheus.yaml"), ("check", "rules", "alerts.yaml"), ("test", "rules", "tests.yaml")):  # fmt: skip
        agreed, said = promtool(*check)
        if not agreed:
            wrong.append(f"promtool {' '.join(check)}: {said[-2000:]}")
    survived = [f"{alert} {how}" for alert, how in _spoilt(folder, promtool)]
    wrong += [f"the tests do not notice: {each}" for each in survived]
    count = len(rules.SPOILT) * len(found)
    done = (
        f"promtool: {len(found)} rules, {len(rules.CASES)} cases, "
        f"{count - len(survived)} of {count} spoilt rules noticed"
    )
    return done, wrong


def _spoilt(folder: Path, promtool: Promtool) -> list[tuple[str, str]]:
    """Return which alerts could be spoilt unnoticed, and how."""
    found = rules.rules()

    def survives(spoilt: tuple[str, str]) -> bool:
        alert, how = spoilt
        name = f"{alert}.{how}"
        text = rules.spoilt(alert, rules.SPOILT[how])
        (folder / f"{name}.rules.yaml").write_text(text, encoding="utf-8")
        tests = rules.as_tests(found, f"{name}.rules.yaml", alert)
        (folder / f"{name}.yaml").write_text(tests, encoding="utf-8")
        agreed, _ = promtool("test", "rules", f"{name}.yaml")
        return agreed

    every = [(rule["alert"], how) for rule in found for how in rules.SPOILT]
    with ThreadPoolExecutor(2) as pool:
        return [each for each, alive in zip(every, pool.map(survives, every), strict=True) if alive]
