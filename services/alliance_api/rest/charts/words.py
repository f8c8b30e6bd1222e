"""The sentences of a chart: under the picture, and read aloud instead of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from alliance_api.domain.charts import BASELINE, PROVISIONAL_BASELINE
from alliance_api.domain.episodes import WINDOW
from alliance_api.domain.norms import Polarity

from .values import Axis, Chart, Episode, Hidden, Limits, Place, Series

NOTHING = "no rating that you may see"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_REASONS = {
    "NOT_YET": "opens with the next session",
    "RATE_FIRST": "opens when you have rated that session too",
    "NO_CONSENT": "needs the client's consent to supervision",
    "SCOPE": "your application's token does not reach it",
    "NO_SCORE": "too few answers for a score",
}
_NEVER = "not open in your relation to the case"
_NO_LIMITS = {
    "CEILING": "No limits: the first ratings are all at the top of the scale.",
    "NO_VARIATION": "No limits: the first ratings do not differ.",
}
_TOP = "Many ratings are at the top of the scale: more than that it cannot show."
_BEFORE = "A rupture is judged by the ratings before it: it may lie above the limit drawn now."
_RUN = 3


class Mark(StrEnum):
    """The sign in the picture that a sentence explains."""

    NONE = "NONE"
    RUPTURE = "RUPTURE"
    REPAIR = "REPAIR"
    HIDDEN = "HIDDEN"
    MISSED = "MISSED"
    GAP = "GAP"


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence, and the sign it explains."""

    text: str
    mark: Mark = Mark.NONE


def day(of: date) -> str:
    """Spell a day, whatever the machine's locale."""
    return f"{of.day} {_MONTHS[of.month - 1]} {of.year}"


def figure(value: float) -> str:
    """Spell a score with at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")


def name(series: Series) -> str:
    """Return the informant's name on the picture."""
    return series.informant.capitalize()


def scale_of(series: Series) -> str:
    """Say from where to where a scale goes, and which end is the good one."""
    better = {
        Polarity.HIGHER_IS_BETTER: ", higher is better",
        Polarity.LOWER_IS_BETTER: ", lower is better",
    }
    ends = f"{figure(series.minimum)} to {figure(series.maximum)}"
    return f"Sum score, {ends}{better.get(series.polarity, '') if series.polarity else ''}"


def latest(series: Series) -> str:
    """Return the last score with its place."""
    return f"{figure(series.points[-1].value)} {_within(series.points[-1].at)}"


def when(axis: Axis) -> str:
    """Say which time the picture covers."""
    first, last = day(axis.first), day(axis.last)
    days = first if first == last else f"{first} to {last}"
    if not axis.of_sessions:
        return days
    one, other = axis.places[0].label, axis.places[-1].label
    return f"Session {one}, {days}" if one == other else f"Sessions {one} to {other}, {days}"


def notes(series: Series) -> list[Note]:
    """Return what stands under a series that has points."""
    found = [Note(_limits(series.limits, series.polarity) if series.limits else _without(series))]
    if series.at_ceiling:
        found.append(Note(_TOP))
    for episode in series.episodes:
        found += _episode(episode)
    if _above_the_limit(series):
        found.append(Note(_BEFORE))
    return [*found, *_hidden(series.hidden)]


def _above_the_limit(series: Series) -> bool:
    """Whether a rupture lies where the limits that are drawn would let it pass."""
    limits = series.limits
    return limits is not None and any(one.nadir.value >= limits.lower for one in series.episodes)


def absent(series: Series) -> Note:
    """Say why a series has no points. What is private is not there, so it has no reason."""
    if not series.hidden:
        return Note(f"{name(series)}: no trajectory that you may see.")
    reasons = " ".join(note.text for note in _hidden(series.hidden))
    return Note(f"{name(series)}: {reasons[0].lower()}{reasons[1:]}", Mark.HIDDEN)


def footer(chart: Chart) -> list[Note]:
    """Return what stands under the whole picture."""
    return [*_footer(chart), *([Note(chart.notice)] if chart.notice else [])]


def _footer(chart: Chart) -> list[Note]:
    if chart.axis is None:
        return []
    found = [absent(one) for one in chart.series if not one.points]
    if len({(one.minimum, one.maximum) for one in chart.series if one.points}) > 1:
        found.insert(0, Note("Scales differ: the same height is the same share of each."))
    if chart.axis.missed:
        places = _places(chart.axis.missed)
        found.insert(0, Note(f"Did not take place: {places}.", Mark.MISSED))
    if any(gaps(one, chart.axis) for one in chart.series):
        found.insert(0, Note(f"Where a line breaks there is {NOTHING}.", Mark.GAP))
    return found


def gaps(series: Series, axis: Axis) -> tuple[Place, ...]:
    """Return the sessions that took place and have neither a score nor a sign."""
    if not series.points:
        return ()
    taken = {point.at.x for point in series.points} | {one.at.x for one in series.hidden}
    taken |= {place.x for place in axis.missed}
    return tuple(place for place in axis.places if place.x not in taken)


def description(chart: Chart) -> str:
    """Tell the picture in words."""
    return f"{_description(chart)} {chart.notice or ''}".rstrip()


def _description(chart: Chart) -> str:
    if chart.axis is None:
        return " ".join(["Nothing to draw.", *(absent(one).text for one in chart.series)])
    told = [f"{when(chart.axis)}."]
    for series in chart.series:
        told += _told(series, chart.axis) if series.points else [absent(series).text]
    if chart.axis.missed:
        told.append(f"Did not take place: {_places(chart.axis.missed)}.")
    return " ".join(told)


def episode_in_words(episode: Episode) -> str:
    """Tell a rupture in half a sentence."""
    start, nadir = called(episode.start.at), _within(episode.nadir.at)
    told = f"rupture from {start}, lowest at {figure(episode.nadir.value)} {nadir}"
    if episode.repair is None:
        return f"{told}, {_unrepaired(episode)}"
    return f"{told}, repaired {_within(episode.repair.at)} at {figure(episode.repair.value)}"


def _told(series: Series, axis: Axis) -> list[str]:
    count = len(series.points)
    ratings = "1 rating" if count == 1 else f"{count} ratings"
    told = [
        f"{name(series)}: {ratings}. {scale_of(series)}.",
        f"The latest is {latest(series)}.",
    ]
    if limits := series.limits:
        ends = f"Usual {figure(limits.centre)}, limits {figure(limits.lower)} to "
        ends += f"{figure(limits.upper)}."
        told += [ends, _limits(limits, series.polarity)]
    else:
        told.append(_without(series))
    if series.at_ceiling:
        told.append(_TOP)
    told += [_sentence(episode_in_words(one)) for one in series.episodes]
    if _above_the_limit(series):
        told.append(_BEFORE)
    if series.limits and not series.episodes and series.polarity is Polarity.HIGHER_IS_BETTER:
        told.append("No rupture.")
    told += [note.text for note in _hidden(series.hidden)]
    if missing := gaps(series, axis):
        told.append(_sentence(f"{NOTHING}: {_places(missing)}"))
    return told


def _limits(limits: Limits, polarity: Polarity | None) -> str:
    if limits.provisional:
        base = f"Provisional limits, from {limits.n} ratings (shaded); {BASELINE} make a baseline."
    else:
        base = f"Limits from the first {limits.n} ratings (shaded)."
    if not limits.false_alarm_rate or polarity is not Polarity.HIGHER_IS_BETTER:
        return base
    often = _round(1 / limits.false_alarm_rate)
    return f"{base} By chance alone 1\u00a0rating in\u00a0{often} falls below."


def _round(count: float) -> int:
    """Return a count with two figures: more would be a promise."""
    return int(float(f"{count:.1e}"))


def _without(series: Series) -> str:
    count = len(series.points)
    if series.no_limits in _NO_LIMITS:
        return _NO_LIMITS[series.no_limits]
    if count < PROVISIONAL_BASELINE:
        there = "there is 1" if count == 1 else f"there are {count}"
        return f"No limits yet: they need {PROVISIONAL_BASELINE} ratings, and {there}."
    return "No limits yet: the ratings lie too far apart."


def _episode(episode: Episode) -> list[Note]:
    nadir = f"{figure(episode.nadir.value)} {_within(episode.nadir.at)}"
    fall = f"Rupture: fell to {nadir}"
    if episode.start.at.x != episode.nadir.at.x:
        fall = f"Rupture from {called(episode.start.at)}: lowest {nadir}"
    if episode.repair is None:
        return [Note(f"{fall}, {_unrepaired(episode)}.", Mark.RUPTURE)]
    repair = f"Repaired: {figure(episode.repair.value)} {_within(episode.repair.at)}."
    return [Note(f"{fall}.", Mark.RUPTURE), Note(repair, Mark.REPAIR)]


def _unrepaired(episode: Episode) -> str:
    return f"not repaired within {WINDOW} ratings" if episode.over else "not repaired yet"


def _hidden(hidden: Sequence[Hidden]) -> list[Note]:
    by_reason: dict[str, list[Place]] = defaultdict(list)
    for one in hidden:
        by_reason[one.reason].append(one.at)
    return [
        Note(
            f"Rated, not shown: {_places(places)}; {_REASONS.get(reason, _NEVER)}.",
            Mark.HIDDEN,
        )
        for reason, places in by_reason.items()
    ]


def called(at: Place) -> str:
    """Name a place within a sentence."""
    return f"session {at.label}" if at.label.isdecimal() else at.label


def _within(at: Place) -> str:
    return f"{'in' if at.label.isdecimal() else 'on'} {called(at)}"


def _places(places: Iterable[Place]) -> str:
    """Name places, runs of sessions by their ends."""
    labels = [place.label for place in sorted(places, key=lambda place: place.x)]
    if not all(label.isdecimal() for label in labels):
        return ", ".join(labels)
    parts: list[str] = []
    for run in _runs([int(label) for label in labels]):
        whole = [f"{run[0]}–{run[-1]}"] if len(run) >= _RUN else [str(number) for number in run]
        parts += whole
    return f"{'session' if len(labels) == 1 else 'sessions'} {', '.join(parts)}"


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
