"""Where an episode began and what shows it: what every rule for a signal returns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from alliance_api.domain.methods import Method


@dataclass(frozen=True, slots=True)
class Mark:
    """One episode, by the key of what began it, which no later observation changes."""

    begin: str
    evidence: tuple[str, ...]
    method: Method


def runs(flags: Sequence[bool], least: int = 1) -> Iterator[range]:
    """Yield the indices of each run of at least so many flags that are set."""
    for is_set, group in groupby(range(len(flags)), key=lambda i: flags[i]):
        indices = list(group)
        if is_set and len(indices) >= least:
            yield range(indices[0], indices[-1] + 1)
