"""The last moment before a message leaves: whoever is stopped in it does not wake up to send.

A process can be stopped between its look at the clock and the write that follows, and be continued
when somebody else has sent the message long since. No look helps against that. An alarm does: the
kernel rings it while the process stands still, and hears it out before the next instruction.
"""

from __future__ import annotations

import ctypes
import functools
import math
import signal
import time
from dataclasses import dataclass, field

_ALARM = frozenset({signal.SIGALRM})
LEAST_SECONDS = 1e-6


class Lapsed(Exception):  # noqa: N818  (it says what happened)
    """The lease ran out: whatever was to be sent is somebody else's now."""


def clock() -> float:
    """Return seconds that pass also while this machine sleeps, which a loop's clock does not promise."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


def keep_alarms_to_this_thread() -> None:
    """Call it before there are other threads: one that hears an alarm leaves this one a moment to write."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _ALARM)


@dataclass(slots=True)
class Fence:
    """A message may leave until then (seconds of `clock`).

    Called, it looks. Entered, it looks and lets nothing in its block happen later: who is stopped in
    there beyond the lease ends with status 14. The block is one write and has no `await` that waits.
    """

    until: float = math.inf
    _mask: set[int | signal.Signals] = field(default_factory=set, init=False, repr=False)

    def __call__(self) -> None:
        """Raise `Lapsed` if it is too late."""
        if clock() >= self.until:
            raise Lapsed

    def __enter__(self) -> None:
        """Set the alarm. Raises `Lapsed`."""
        self()
        if self.until == math.inf:
            return
        _end_at_an_alarm()
        self._mask = signal.pthread_sigmask(signal.SIG_UNBLOCK, _ALARM)
        signal.setitimer(signal.ITIMER_REAL, max(LEAST_SECONDS, self.until - clock()))
        try:
            # Stopped before the alarm was set, it would ring too late.
            self()
        except Lapsed:
            self._disarm()
            raise

    def __exit__(self, *_: object) -> None:
        """Take the alarm back."""
        if self.until != math.inf:
            self._disarm()

    def _disarm(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)


NO_FENCE = Fence()


@functools.cache
def _end_at_an_alarm() -> None:
    """Let an alarm end this process, in C: a handler in Python would wait for the write to end.

    The signal's default action would do, but not for a container's first process, which is spared it.
    """
    libc = ctypes.CDLL(None)
    libc.signal.argtypes = [ctypes.c_int, ctypes.c_void_p]
    libc.signal.restype = ctypes.c_void_p
    libc.signal(int(signal.SIGALRM), ctypes.cast(libc._exit, ctypes.c_void_p))  # noqa: SLF001 - its name in C
