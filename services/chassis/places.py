"""Places of those who stay for a while: so many at once, and so many of one person's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from . import metrics
from .metrics import Metric


class Full(Exception):  # noqa: N818  (an expected outcome, not an error)
    """There is no place for one more."""


class Places:
    """Who stays; whoever leaves, for whatever reason, frees their place."""

    def __init__(self, most: int, each: int, counted: Metric | None = None) -> None:
        """Begin with nobody; how many there are is told by a metric that goes up and down."""
        self._most, self._each, self._counted = most, each, counted
        self._taken: Counter[Hashable] = Counter()

    @property
    def taken(self) -> int:
        """How many there are."""
        return self._taken.total()

    @contextmanager
    def one(self, whose: Hashable) -> Iterator[None]:
        """Hold a place of somebody's. Raises `Full` if there is none."""
        if self.taken >= self._most or self._taken[whose] >= self._each:
            raise Full
        self._taken[whose] += 1
        self._count(1)
        try:
            yield
        finally:
            self._taken[whose] -= 1
            if not self._taken[whose]:
                del self._taken[whose]
            self._count(-1)

    def _count(self, change: int) -> None:
        if self._counted is not None:
            metrics.add(self._counted, change)
