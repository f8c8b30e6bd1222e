"""A rupture is a fall beyond a person's own noise, told by the sessions that raised no alarm.

Few sessions do not tell how much a person's scores waver by themselves, so that their spread is
drawn towards what is known of people: partial pooling. What it finds: docs/reference/ruptures.md.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from alliance_api.domain.episodes import Alarm, AlarmRule
from alliance_api.domain.intervals import spread
from alliance_api.domain.methods import Method
from alliance_api.domain.ruptures import LEAST_BEFORE, TOLERANCE, fall_start, fell_by

METHOD = Method("rupture-beyond-noise", "1")

SIGMAS = 3
"""A fall of fewer SDs of a person's own noise may be noise, as on a control chart. [D]"""

BORROWED = 10
"""The sessions that what is known of people counts for: noise of a third of their SD. [D]"""

SHARE_OF_RANGE = 0.15
"""Where no norm tells how people differ, their SD is taken to be this share of the range. [D]"""


@dataclass(frozen=True, slots=True)
class Usual:
    """Where a person usually is, how much they waver, and the least fall that alarms; in points."""

    level: float
    noise: float
    least: float


def usual(calm: Sequence[float], sd: float, reached: Sequence[float] = ()) -> Usual:
    """Return what is usual after these calm sessions, given the SD between people.

    The level is the mean or the median, whichever is lower: neither one good session nor a pile of
    scores at the ceiling can raise it. `reached` are the falls that alarmed meanwhile, each just
    as far as it took (winsorised): who wavers much would otherwise seem calmer than they are.
    With n sessions in all, noise² = (10 · (SD/3)² + sum of squares) / (10 + n - 1). Least is the
    stricter of 1 SD between people and 3 SDs of noise (facts 2.2, [D]).

    Raises:
        ValueError: for no session, or an SD that is not above 0.
    """
    if not calm or sd <= 0:
        raise ValueError("usual needs a session, and an SD above 0")
    squares = BORROWED * (sd / SIGMAS) ** 2 + spread(calm) + sum(fall**2 for fall in reached)
    noise = math.sqrt(squares / (BORROWED + len(calm) + len(reached) - 1))
    level = min(statistics.fmean(calm), statistics.median(calm))
    return Usual(level, noise, max(sd, SIGMAS * noise))


def usual_before(values: Sequence[float], sd: float) -> tuple[Usual | None, ...]:
    """Return what was usual before each session; None before the fourth.

    A session that alarms is not part of the level after it, and a run of them is one fall in the
    noise, however long it lasts. No later session matters.
    """
    calm: list[float] = []
    reached: list[float] = []
    found: list[Usual | None] = []
    alarmed = False
    for value in values:
        known = usual(calm, sd, reached) if len(calm) >= LEAST_BEFORE else None
        found.append(known)
        if known is None or not fell_by(known.level, value, known.least):
            calm.append(value)
            alarmed = False
            continue
        if not alarmed:
            reached.append(known.least)
        alarmed = True
    return tuple(found)


def falls_beyond(values: Sequence[float], sd: float) -> tuple[float | None, ...]:
    """Return each session's fall as a share of the least that alarms: from 1 it does."""
    return tuple(
        (known.level - value) / known.least if known else None
        for value, known in zip(values, usual_before(values, sd), strict=True)
    )


def beyond_noise_rule(values: Sequence[float], sd: float) -> AlarmRule:
    """Alarm at a fall of `Usual.least` below the usual level; mended at any time, as by `fall_rule`.

    `sd` is the SD between people in scale points. Nothing alarms upwards, nor at a step down from
    a constant maximum: a fall of less than 1 SD between people is none.
    """
    known = usual_before(values, sd)

    def rule(index: int) -> Alarm | None:
        found = known[index]
        if found is None or not fell_by(found.level, values[index], found.least):
            return None
        start = fall_start(values, index, found.level)
        return Alarm(METHOD, start, found.level, found.level - TOLERANCE * sd, window=None)

    return rule
