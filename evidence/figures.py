"""A figure, its target, and the register of everything that makes one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """What an experiment found, and whether that is what we claim."""

    name: str
    figure: str
    target: str
    met: bool

    def __str__(self) -> str:
        return f"{self.name}: {self.figure}, target {self.target}"


# `small` asks for a short form of the same experiment: fewer rows, no fewer kinds of them.
Experiment = Callable[[bool], Figure]
