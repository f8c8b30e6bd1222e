"""Worked examples: the tests every instrument brings along."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from alliance_api.domain.errors import Refused
from alliance_api.domain.instruments import Instrument
from alliance_api.domain.scoring import GivenAnswer, score

_ROUNDED_IN_PRINT = 1e-6


@dataclass(frozen=True, slots=True)
class Example:
    """A filled-in form and the raw score of every scale; None where there must be no score."""

    name: str
    answers: tuple[GivenAnswer, ...]
    raw: Mapping[str, float | None]


def differences(instrument: Instrument, example: Example) -> tuple[str, ...]:
    """Return where scoring does not come to what the example says, scale by scale."""
    try:
        scores = {each.scale: each.raw for each in score(instrument, example.answers)}
    except Refused as refused:
        return (f"{example.name}: the answers do not fit the form ({refused})",)
    return tuple(
        f"{example.name}: {scale} is {scores.get(scale)}, not {example.raw.get(scale)}"
        for scale in sorted(scores.keys() | example.raw.keys())
        if not (
            scale in scores and scale in example.raw and _agree(scores[scale], example.raw[scale])
        )
    )


def _agree(found: float | None, expected: float | None) -> bool:
    if found is None or expected is None:
        return found is expected
    return math.isclose(found, expected, rel_tol=0, abs_tol=_ROUNDED_IN_PRINT)
