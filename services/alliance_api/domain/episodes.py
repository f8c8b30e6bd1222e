"""A rupture is an episode: it starts, reaches its lowest point, and is repaired or not.

Sessions are told by their index, from 0. Whether a session raises an alarm depends on it and on
the sessions before it alone, so no later session rewrites what was found.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from alliance_api.domain.exact import difference
from alliance_api.domain.methods import Method

__all__ = ["WINDOW", "Alarm", "AlarmRule", "Episode", "Pattern", "either", "episodes", "follow"]

WINDOW = 5
"""Sessions in which a drop may be repaired. [D]"""

_GRADUAL = 2


class Pattern(StrEnum):
    """How a rupture went down and up again.

    V: down in one session. GRADUAL_DECLINE: down over several sessions, and up in one or not at
    all. U: down over several sessions and up over several.
    """

    V = "V"
    GRADUAL_DECLINE = "GRADUAL_DECLINE"
    U = "U"


@dataclass(frozen=True, slots=True)
class Alarm:
    """Why a session raises an alarm: the level fallen from, and the value that mends it.

    `start` is the first session of the fall; `window` the sessions within which it can be
    repaired, None for any time.
    """

    method: Method
    start: int
    level: float
    mended_at: float
    window: int | None = WINDOW


AlarmRule = Callable[[int], Alarm | None]


@dataclass(frozen=True, slots=True)
class Episode:
    """One rupture, however many sessions it lasts.

    `alarm` is the session that showed it, which may come after its `start`. `depth` is the fall
    from the level before to the nadir in scale points, above 0; None where a report without
    scores told of it. `pattern` is None while nothing can be said. `over` means repaired, or the
    window has passed. `evidence` are the sessions to look at, in order.
    """

    start: int
    alarm: int
    nadir: int
    repair: int | None
    depth: float | None
    pattern: Pattern | None
    over: bool
    evidence: tuple[int, ...]
    method: Method


def either(*rules: AlarmRule) -> AlarmRule:
    """Return a rule that raises the first alarm any of the rules raises."""

    def first(index: int) -> Alarm | None:
        for rule in rules:
            if alarm := rule(index):
                return alarm
        return None

    return first


def episodes(values: Sequence[float], rule: AlarmRule) -> tuple[Episode, ...]:
    """Return the episodes a rule finds, in order; while one is open no other can begin."""
    found: list[Episode] = []
    index = 0
    while index < len(values):
        alarm = rule(index)
        if alarm is None:
            index += 1
            continue
        episode, index = follow(values, index, alarm)
        found.append(episode)
    return tuple(found)


def follow(values: Sequence[float], at: int, alarm: Alarm) -> tuple[Episode, int]:
    """Return the episode that an alarm `at` a session begins, and the first session after it."""
    last = len(values) - 1 if alarm.window is None else at + alarm.window
    later = range(at + 1, min(last, len(values) - 1) + 1)
    repair = next((i for i in later if values[i] >= alarm.mended_at), None)
    end = later.stop if repair is None else repair
    nadir = min(range(alarm.start, end), key=lambda i: values[i])
    over = repair is not None or (alarm.window is not None and last < len(values))
    depth = difference(values[nadir], alarm.level)
    pattern = _pattern(alarm.start, nadir, repair)
    seen = (max(0, alarm.start - 1), alarm.start, at, nadir, *(() if repair is None else (repair,)))
    evidence = tuple(sorted(set(seen)))
    episode = Episode(alarm.start, at, nadir, repair, depth, pattern, over, evidence, alarm.method)
    return episode, end if repair is None else repair + 1


def _pattern(start: int, nadir: int, repair: int | None) -> Pattern | None:
    steps_down = nadir - start + 1
    if steps_down < _GRADUAL:
        return None if repair is None else Pattern.V
    if repair is None or repair - nadir == 1:
        return Pattern.GRADUAL_DECLINE
    return Pattern.U
