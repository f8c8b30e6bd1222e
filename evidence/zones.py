"""[zones] Every IANA zone, every change of its clocks in ten years, quiet hours of five shapes.

The judge is a table of what the wall clock shows in each minute around a change, made without the
code that is judged: where a local time falls, which minutes are quiet and which is the next that
is not is looked up in it. A case is one reminder planned there; the series around each change go
through the timeline as well, where each must leave once.
"""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo, available_timezones

from evidence.figures import Figure
from notifier.domain.facts import Fact
from notifier.domain.kind import Kind, Moment, Shift
from notifier.domain.occasions import Case, remember
from notifier.domain.planning import Silent, plan
from notifier.domain.preferences import Preferences, QuietHours
from notifier.domain.reminder import Reminder
from notifier.domain.timeline import told
from notifier.kinds.loader import load_all

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FIRST, YEARS = 2026, 10
AROUND = timedelta(days=2)
SOME = (
    "Africa/Casablanca",
    "America/Nuuk",
    "America/New_York",
    "America/Santiago",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Apia",
    "Pacific/Chatham",
    "UTC",
)
QUIET: tuple[QuietHours | None, ...] = (
    None,
    QuietHours(time(21), time(8)),
    QuietHours(time(1), time(3)),
    QuietHours(time(23, 30), time(2, 30)),
    QuietHours(time(2, 15), time(2, 45)),
)
PROMISE = load_all()["commitment-due"].kind
DAILY = replace(PROMISE, expiry=replace(PROMISE.expiry, after=3 * DAY, of=None))
PERSON, ORGANISATION, CASE = "person-1", "organisation-1", "case-1"
# Minutes from where the clock on the wall stood at the change.
NEAR = (-60, -1, 0, 15, 30, 59, 60, 90)
LEADS = (-180, -60, 0, 30, 90, 300)


class Walls:
    """What a zone's clock on the wall shows in each minute of some days."""

    def __init__(self, start: datetime, shown: Sequence[datetime]) -> None:
        self.start, self.shown = start, shown
        self.minutes = [each.hour * 60 + each.minute for each in shown]
        self.places: dict[datetime, list[int]] = {}
        for index, each in enumerate(shown):
            self.places.setdefault(each, []).append(index)

    def index(self, at: datetime) -> int:
        return (at - self.start) // MINUTE

    def first_showing(self, wanted: datetime) -> int:
        """The first minute that shows a local time; after a gap, the first that shows a later one."""
        if wanted in self.places:
            return self.places[wanted][0]
        return next(
            index
            for index in range(1, len(self.shown))
            if self.shown[index - 1] < wanted < self.shown[index]
        )


@dataclass(slots=True)
class Tally:
    cases: int = 0
    quiet: int = 0
    twice: int = 0
    skipped: int = 0
    elsewhere: int = 0
    seen: Counter[str] = field(default_factory=Counter)

    @property
    def faults(self) -> int:
        return self.quiet + self.twice + self.skipped + self.elsewhere


def experiment(small: bool) -> Figure:
    tally, names = Tally(), sorted(SOME if small else available_timezones())
    # In the order of time, so that zones that change together share a table.
    for at, name in sorted(_looked_at(names, 1 if small else YEARS)):
        around(name, at, tally)
    return figure(tally, len(names), small)


def _looked_at(names: Iterable[str], years: int) -> Iterator[tuple[datetime, str]]:
    """Yield the changes of zones; where nothing changes nothing may go wrong either."""
    for name in names:
        for at in changes(name, years) or [datetime(FIRST + y, 7, 1, tzinfo=UTC) for y in range(2)]:
            yield at, name


def figure(tally: Tally, zones: int, small: bool) -> Figure:
    seen = tally.seen
    enough = (
        tally.cases >= (3_000 if small else 500_000)
        and zones >= (10 if small else 590)
        and min(seen["gaps"], seen["overlaps"]) >= (6 if small else 1_800)
        and min(seen["moved later"], seen["moved earlier"], seen["in a gap"], seen["shown twice"])
        >= (50 if small else 5_000)
    )
    return Figure(
        "zones",
        f"{tally.cases:,} cases in {zones} zones over {seen['gaps']:,} gaps and "
        f"{seen['overlaps']:,} overlaps: {tally.quiet} in quiet hours, {tally.twice} twice, "
        f"{tally.skipped} skipped, {tally.elsewhere} elsewhere than the wall clock says",
        "0 of each",
        enough and tally.faults == 0,
    )


def changes(name: str, years: int) -> list[datetime]:
    """Every instant at which a zone's offset changes, to the minute."""
    zone, found = ZoneInfo(name), []
    day, end = datetime(FIRST, 1, 1, tzinfo=UTC), datetime(FIRST + years, 1, 1, tzinfo=UTC)
    while day < end:
        if _offset(day, zone) != _offset(day + DAY, zone):
            minutes = range(24 * 60 + 1)
            before = _offset(day, zone)
            ahead = bisect.bisect_left(
                minutes, x=True, key=lambda m: _offset(day + m * MINUTE, zone) != before
            )
            found.append(day + ahead * MINUTE)
        day += DAY
    return found


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


def around(name: str, change: datetime, tally: Tally) -> None:
    """Plan reminders of every sort around a change, in quiet hours of every shape."""
    walls = _walls(name, change)
    _count(walls, change, tally)
    middle = walls.index(change)
    base = walls.shown[middle - 1] + MINUTE
    wanted = [base + near * MINUTE for near in NEAR]
    wanted += [datetime.combine(base.date(), each) for each in (time(), time(12))]
    falls = [(each, walls.first_showing(each)) for each in wanted]
    for quiet in QUIET:
        wishes = Preferences(zone=name, quiet=quiet)
        for each, wished in falls:
            for shift in Shift:
                _on_a_day(walls, each, wished, wishes, shift, tally)
        for lead in LEADS:
            _before_a_session(walls, change + lead * MINUTE, wishes, tally)
        _series(walls, base, wishes, tally)


def _walls(name: str, change: datetime) -> Walls:
    zone, start = ZoneInfo(name), change - AROUND
    hours = range(2 * AROUND // HOUR + 1)
    return _shown(start, tuple(_offset(start + each * HOUR, zone) for each in hours), name)


_MADE: dict[tuple[datetime, tuple[timedelta, ...]], Walls] = {}


def _shown(start: datetime, offsets: tuple[timedelta, ...], name: str) -> Walls:
    """The table of a zone; zones that go the same way through these days share theirs."""
    found = _MADE.get((start, offsets))
    if found is None:
        if any(other != start for other, _ in _MADE):
            _MADE.clear()
        zone = ZoneInfo(name)
        instants = (start + each * MINUTE for each in range(2 * AROUND // MINUTE))
        shown = [at.astimezone(zone).replace(tzinfo=None, fold=0) for at in instants]
        found = _MADE[start, offsets] = Walls(start, shown)
    return found


def _count(walls: Walls, change: datetime, tally: Tally) -> None:
    middle = walls.index(change)
    step = walls.shown[middle] - walls.shown[middle - 1]
    tally.seen["gaps"] += step > MINUTE
    tally.seen["overlaps"] += step < MINUTE


def _on_a_day(  # noqa: PLR0913 - what is wanted, where it falls, and by whom
    walls: Walls, wanted: datetime, wished: int, wishes: Preferences, shift: Shift, tally: Tally
) -> None:
    """A reminder at a local time of a day."""
    tally.seen["in a gap"] += wanted not in walls.places
    tally.seen["shown twice"] += len(walls.places.get(wanted, ())) > 1
    kind = replace(DAILY, moments=(Moment("then", at=wanted.time()),), shift=shift)
    case, _ = _known([_promise(walls, wanted.date())])
    _judge(walls, _planned(kind, case, wishes), wished, wishes, shift, tally)


def _before_a_session(walls: Walls, start: datetime, wishes: Preferences, tally: Tally) -> None:
    """A reminder two hours of real time before a session."""
    kind = load_all()["session-upcoming"].kind
    kind = replace(kind, moments=kind.moments[1:])
    case, _ = _known([_session(walls, start)])
    wished = walls.index(start - timedelta(hours=2))
    _judge(walls, _planned(kind, case, wishes), wished, wishes, kind.shift, tally)


def _series(walls: Walls, base: datetime, wishes: Preferences, tally: Tally) -> None:
    """A promise for each of three days at the hour of the change: each leaves once, at its time."""
    # It may leave on the next day: a kind that ends with its day is silent where the night begins before.
    kind = replace(DAILY, moments=(Moment("then", at=base.time()),), cap=99)
    days = [base.date() + each * DAY for each in (-1, 0, 1)]
    promises = [_promise(walls, day) for day in days]
    _, opening = _known([])
    end = walls.start + 2 * AROUND
    outcomes = told(
        {kind.name: kind},
        Case(ORGANISATION, CASE),
        [*opening, *promises],
        {PERSON: wishes},
        end,
    )
    sent = Counter(each.occasion for each in outcomes if each.reason is None)
    tally.cases += len(days)
    tally.twice += sum(count > 1 for count in sent.values())
    tally.twice += len({each.at for each in outcomes}) < len(outcomes)
    tally.skipped += sum(promise.subject not in sent for promise in promises)
    tally.quiet += sum(
        _is_quiet(walls, walls.index(each.at), wishes) for each in outcomes if each.at is not None
    )


def _judge(  # noqa: PLR0913 - what a verdict needs
    walls: Walls,
    planned: list[Reminder | Silent],
    wished: int,
    wishes: Preferences,
    shift: Shift,
    tally: Tally,
) -> None:
    tally.cases += 1
    due = [walls.index(each.due_at) for each in planned if isinstance(each, Reminder)]
    if len(due) != 1:
        tally.twice += len(due) > 1
        tally.skipped += not due
        return
    tally.quiet += _is_quiet(walls, due[0], wishes)
    if shift is Shift.LATER:
        tally.elsewhere += due[0] != _next(walls, wished, wishes)
        tally.seen["moved later"] += due[0] > wished
        return
    tally.elsewhere += due[0] != _last(walls, wished, wishes)
    tally.seen["moved earlier"] += due[0] < wished


def _next(walls: Walls, index: int, wishes: Preferences) -> int:
    return next(
        each for each in range(index, len(walls.shown)) if not _is_quiet(walls, each, wishes)
    )


def _last(walls: Walls, index: int, wishes: Preferences) -> int:
    """The minute a quarter of an hour before the quiet span that holds `index` begins.

    Where that is quiet as well, the one before the span before it.
    """
    if not _is_quiet(walls, index, wishes):
        return index
    while True:
        while _is_quiet(walls, index - 1, wishes):
            index -= 1
        if not _is_quiet(walls, index - 15, wishes):
            return index - 15
        index -= 1
        while not _is_quiet(walls, index, wishes):
            index -= 1


def _is_quiet(walls: Walls, index: int, wishes: Preferences) -> bool:
    quiet = wishes.quiet
    if quiet is None:
        return False
    starts = quiet.starts.hour * 60 + quiet.starts.minute
    ends = quiet.ends.hour * 60 + quiet.ends.minute
    return (walls.minutes[index] - starts) % 1440 < (ends - starts) % 1440


def _planned(kind: Kind, case: Case, wishes: Preferences) -> list[Reminder | Silent]:
    (occasion,) = case.of(kind.thing)
    return list(plan(kind, case, occasion, PERSON, wishes, occasion_known(case)))


def occasion_known(case: Case) -> datetime:
    """When the case was heard of: now, for what is planned in it."""
    return min(mark.at for each in case.occasions.values() for mark in each.marks.values())


def _known(facts: Iterable[Fact]) -> tuple[Case, list[Fact]]:
    opening = list(_opening())
    return remember(Case(ORGANISATION, CASE), [*opening, *facts]), opening


LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


def _opening() -> Iterator[Fact]:
    extra = MappingProxyType({"client": PERSON, "timeZone": "UTC"})
    yield Fact("f-0", "case.opened", ORGANISATION, CASE, CASE, LONG_AGO, extra)


def _promise(walls: Walls, due: date) -> Fact:
    extra = MappingProxyType({"owner": PERSON, "due": due.isoformat()})
    name = f"commitment-{due:%j}"
    known = walls.start - DAY
    return Fact(f"f-{due:%j}", "commitment.made", ORGANISATION, CASE, name, known, extra)


def _session(walls: Walls, start: datetime) -> Fact:
    span = {"plannedStart": start.isoformat(), "plannedEnd": (start + 50 * MINUTE).isoformat()}
    extra = MappingProxyType(span)
    known = walls.start - DAY
    return Fact("f-1", "session.planned", ORGANISATION, CASE, "session-1", known, extra)
