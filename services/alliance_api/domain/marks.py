"""Where an episode began and what shows it: what every rule for a signal returns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from alliance_api.domain.methods import Method


@dataclass(frozen=True, slots=True)
class Mark:
    """One episode, by the key of what began it, which no later observation changes.

    `at` is the instant of the observation that raised it. `over`: a later observation ended it.
    """

    begin: str
    at: datetime
    evidence: tuple[str, ...]
    method: Method
    over: bool = False


def runs(flags: Sequence[bool], least: int = 1) -> Iterator[range]:
    """Yield the indices of each run of at least so many flags that are set."""
    for is_set, group in groupby(range(len(flags)), key=lambda i: flags[i]):
        indices = list(group)
        if is_set and len(indices) >= least:
            yield range(indices[0], indices[-1] + 1)


def mark_run(
    keys: Sequence[str], at: Sequence[datetime], run: range, method: Method, least: int = 1
) -> Mark:
    """Return the mark of a run: raised by its `least`-th observation, over once it was broken."""
    evidence = tuple(keys[i] for i in run)
    return Mark(keys[run[0]], at[run[least - 1]], evidence, method, run.stop < len(keys))
