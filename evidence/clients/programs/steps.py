"""How a program tells what it did: lines of JSON out, and the answers it waits for in."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any


def say(**told: Any) -> None:
    """Say one line."""
    print(json.dumps(told), flush=True)


def heard() -> Any:
    """Wait for one line."""
    return json.loads(sys.stdin.readline())


def did(step: str, came: object = "") -> None:
    """Tell of a step that went as it should."""
    say(did=step, came=str(came))


def visited(address: str) -> str:
    """Send a person there; return the address of the application that they came back to."""
    say(visit=address)
    return str(heard())


def taken_back() -> None:
    """Let the person take back what they allowed."""
    say(take_back=True)
    heard()


def sure(truth: object, text: str) -> None:
    """Stop unless it is so."""
    if not truth:
        raise RuntimeError(text)


def refused(work: Callable[[], object], expected: str) -> str:
    """Do what must be refused, and return how it was."""
    try:
        work()
    except Exception as error:  # noqa: BLE001  (each library has errors of its own)
        response = getattr(error, "response", None)
        told = f"{type(error).__name__} {getattr(response, 'status_code', '')} {error}".strip()
        sure(expected in told, f"it was refused in another way: {type(error).__name__}")
        return expected
    raise RuntimeError("it was not refused")


def soon(work: Callable[[], object], expected: str) -> str:
    """Do what must be refused within two seconds, and return how it was."""
    until = time.monotonic() + 2
    while time.monotonic() < until:
        try:
            work()
        except Exception:  # noqa: BLE001  (`refused` tells whether it was the right one)
            break
        time.sleep(0.05)
    return refused(work, expected)


def run(program: Callable[[dict[str, Any]], None]) -> None:
    """Run a program with its plan."""
    try:
        program(heard())
    except Exception as error:  # noqa: BLE001  (what went wrong is the finding)
        say(failed=f"{type(error).__name__}: {error}"[:500])
        sys.exit(1)
