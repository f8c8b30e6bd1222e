"""A circuit breaker for each channel: a provider that is down is left alone for a while.

Closed, then open after so many failures in a row; after a while one message is let through to see.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Breaker:
    """The state of one channel in one worker. The clock counts seconds and never goes back."""

    clock: Callable[[], float]
    failures_allowed: int = 10
    seconds: float = 5.0
    longest: float = 60.0
    _failures: int = 0
    _open_until: float = 0.0
    _tried: float = 0.0

    def wait(self) -> float:
        """Return for how many seconds not to try; 0 lets a message through."""
        now = self.clock()
        if now < self._open_until:
            return self._open_until - now
        if self._failures >= self.failures_allowed:
            # Half open: this one goes, the others wait for what becomes of it.
            self._open_until = now + self.seconds
        return 0.0

    def succeeded(self) -> None:
        """Close."""
        self._failures, self._open_until, self._tried = 0, 0.0, 0.0

    def failed(self) -> None:
        """Count a failure that was the provider's and not the address's."""
        self._failures += 1
        if self._failures >= self.failures_allowed:
            self._tried = min((self._tried or self.seconds / 2) * 2, self.longest)
            self._open_until = self.clock() + self._tried
