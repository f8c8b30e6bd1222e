"""Processes that die: forked from one that has loaded what it needs, has done it once, and holds nothing open.

Each death is a process of its own with connections of its own. Loading and warming up are done once, in
a process that has nothing of the rest of the evidence in it: a fork costs by what there is to copy.
"""

from __future__ import annotations

import asyncio
import gc
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
Work = Callable[[int], Coroutine[Any, Any, None]]


def die() -> None:
    """End this process as nothing else does: no handler runs, no buffer is flushed."""
    os.kill(os.getpid(), signal.SIGKILL)


def settle_down() -> None:
    """Leave what is loaded where it is: a collection in a child would copy all of it."""
    gc.collect()
    gc.freeze()
    gc.disable()


@contextmanager
def forked(work: Work) -> Iterator[bytes]:
    """Run `work` in a process of its own, which may die; yield all it wrote to its pipe."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            asyncio.run(work(writing))
        finally:
            os._exit(3)  # it lived: whoever wanted it dead will say so
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    died = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    yield said if died else b"LIVED" + said


def killed(work: Work) -> bytes:
    """Run `work` in a process that must die of SIGKILL; return what it wrote before."""
    with forked(work) as said:
        assert not said.startswith(b"LIVED"), "the fault point was not reached"
        return said


def begun(module: str, given: Any) -> subprocess.Popen[bytes]:
    """Start one of our programs, and tell it what to do."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'services'}:{ROOT}"}
    process = subprocess.Popen(
        [sys.executable, "-m", module],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(pickle.dumps(given))
    process.stdin.close()
    return process


def answered(process: subprocess.Popen[bytes]) -> Any:
    """Return what a program found. Raises `AssertionError` if it failed."""
    assert process.stdout is not None
    said = process.stdout.read()
    assert process.wait() == 0, "a part of the experiment failed: what it said is above"
    return pickle.loads(said)  # noqa: S301  (our own program's)


def serve(function: Callable[[Any], Any]) -> None:
    """Be such a program."""
    given = pickle.loads(sys.stdin.buffer.read())  # noqa: S301  (our own)
    sys.stdout.buffer.write(pickle.dumps(function(given)))
    sys.stdout.buffer.flush()
