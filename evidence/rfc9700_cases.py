"""Requests that must be refused, each beside one like it that must be taken: for any server.

A case sends real requests to a `Place` and says what became of them. `good` cases are the controls:
without them a server that refuses everything would pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Final

from evidence.rfc9700_places import Place, Verdict

Run = Callable[[Place], Verdict]


@dataclass(frozen=True, slots=True)
class Case:
    """One attack, or one control."""

    name: str
    run: Run
    good: bool = False


CASES: Final[dict[str, Case]] = {}


def case(name: str, run: Run, *, good: bool = False) -> None:
    """Add a case."""
    assert name not in CASES, name
    CASES[name] = Case(name, run, good)


def attack(name: str) -> Callable[[Run], Run]:
    """Add a function as a case that must be refused."""

    def added(run: Run) -> Run:
        case(name, run)
        return run

    return added


def control(name: str) -> Callable[[Run], Run]:
    """Add a function as a case that must be taken."""

    def added(run: Run) -> Run:
        case(name, run, good=True)
        return run

    return added


def every() -> dict[str, Case]:
    """Return all cases; importing their modules adds them."""
    for module in ("authorizing", "clients", "proofs", "tokens"):
        import_module(f"evidence.rfc9700_{module}")
    return CASES
