"""The examples of the README and of the tutorial give the answers that stand below them.

A fenced `sh` block with a `json` block below it is a command and its answer; the demo answers. Ids
differ from run to run, so `case-…` stands for any id of a case; what an answer cost is left out.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ID = re.compile(r"\b([a-z]+)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
BETWEEN = "=-=-=-="
ALLIANCE = [sys.executable, "-m", "alliance_api"]

pytestmark = [pytest.mark.slow, pytest.mark.system]


@pytest.fixture(scope="module")
def demo() -> Iterator[tuple[str, Path]]:
    """The address of a demo of this test's own, and its folder."""
    folder = Path(tempfile.mkdtemp(prefix="demo-"))  # a Unix socket's path must be short
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "services"), "PYTHONUNBUFFERED": "1"}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*ALLIANCE, "demo"], cwd=folder, env=environment, stdout=log, stderr=log
        )
        try:
            yield _address(process, folder / "log"), folder
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)
            shutil.rmtree(folder, ignore_errors=True)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    for _ in range(1200):
        told = log.read_text(encoding="utf-8")
        if "Serving." in told:
            found = re.search(r"^GraphQL +(http://127\.0\.0\.1:\d+)", told, re.MULTILINE)
            assert found
            return found.group(1)
        try:
            process.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            continue
        break
    raise AssertionError(f"the demo did not come up:\n{log.read_text(encoding='utf-8')}")


def blocks(page: str) -> list[tuple[str, str]]:
    return BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))


def alike(text: str) -> Any:
    found = json.loads(ID.sub(r"\1-…", text))
    found.pop("extensions", None)
    return found


def test_the_readmes_query_has_the_readmes_answer(demo: tuple[str, Path]) -> None:
    address, folder = demo
    found = dict(blocks("README.md"))
    token = subprocess.run(
        [*ALLIANCE, "token", "--as", "therapist"],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    response = httpx.post(
        f"{address}/graphql",
        json={"query": found["graphql"]},
        headers={"authorization": f"Bearer {token}"},
    )
    assert alike(response.text) == alike(found["json"])


@pytest.mark.skipif(shutil.which("curl") is None, reason="the tutorial uses curl")
def test_the_tutorials_commands_have_the_tutorials_answers(demo: tuple[str, Path]) -> None:
    address, folder = demo
    told = blocks("docs/tutorial/first-rating.md")
    answers = [text for kind, text in told if kind == "json"]
    script = [f"echo; echo {BETWEEN}" if kind == "json" else text for kind, text in told]
    done = subprocess.run(
        ["bash", "-eu"],
        input="\n".join(script)
        .replace("http://127.0.0.1:8000", address)
        .replace(".venv/bin/alliance", " ".join(ALLIANCE)),
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    outputs = done.stdout.split(BETWEEN)[:-1]
    for output, answer in zip(outputs, answers, strict=True):
        assert alike(output) == alike(answer)
