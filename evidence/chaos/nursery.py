"""Workers are forked from one process that has loaded everything and opened nothing.

A worker that is killed is a process that is gone; the next one begins at once, and does not spend the
machine on loading Python's modules two hundred times.

`python -m evidence.chaos.nursery` reads a worker's arguments, one line of JSON each, and prints its pid.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass


@dataclass(frozen=True)
class Worker:
    """One process, which is not our own child."""

    pid: int

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def is_alive(self) -> bool:
        """Say whether it is still there."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def kill(self) -> None:
        """Kill it, and wait until it is gone."""
        self.send(signal.SIGKILL)
        self.wait(30)

    def wait(self, seconds: float) -> None:
        """Wait until it is gone. Raises `TimeoutError`."""
        until = time.monotonic() + seconds
        while self.is_alive():
            if time.monotonic() > until:
                raise TimeoutError(self.pid)
            time.sleep(0.002)


@dataclass(frozen=True)
class Nursery:
    """Where workers come from."""

    process: subprocess.Popen[bytes]

    def hire(self, *arguments: str) -> Worker:
        """Start a worker."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(arguments).encode() + b"\n")
        self.process.stdin.flush()
        return Worker(int(self.process.stdout.readline()))


@contextmanager
def a_nursery() -> Iterator[Nursery]:
    """Start one; in the end it is killed with every worker that is still there."""
    from evidence.chaos.world import start

    process = start("evidence.chaos.nursery", feed=subprocess.PIPE, out=subprocess.PIPE)
    try:
        yield Nursery(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        # Its workers are in its group: whatever happened, none of them outlives the experiment.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=30)


def serve() -> None:
    """Fork a worker for each line."""
    from evidence.chaos.worker import work

    # Whoever died is gone at once: nobody waits for it here.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin.buffer:
        child = os.fork()
        if not child:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            sys.stdin.close()
            try:
                asyncio.run(work(json.loads(line)))
            finally:
                os._exit(0)
        sys.stdout.buffer.write(f"{child}\n".encode())
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    import logging

    # Each restart of the database is worth a hundred lines to the pool.
    logging.disable(logging.WARNING)
    serve()
