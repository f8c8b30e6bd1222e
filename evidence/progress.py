"""What a long experiment has done so far, on standard error, now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
EVERY = 20.0  # seconds


def told(name: str, items: Sequence[T], so_far: Callable[[], str]) -> Iterator[T]:
    """Yield the items; between them tell, not too often, how far it is."""
    began = last = time.monotonic()
    for number, item in enumerate(items):
        yield item
        if time.monotonic() - last >= EVERY:
            last = time.monotonic()
            text = f"{name}: {number + 1} of {len(items)} in {last - began:.0f} s: {so_far()}"
            print(text, file=sys.stderr, flush=True)
