"""What the notifier remembers of a case, folded from facts.

A memory is a set of marks: per thing and type of fact the latest one. The latest is the one with
the greatest `(at, fact id)`, so that facts may come in any order and any number of times and the
memory comes out the same. In a table it is one upsert per mark:
`ON CONFLICT (organisation, thing, id, type) DO UPDATE … WHERE (excluded.at, excluded.fact) > (at, fact)`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from notifier.domain import facts
from notifier.domain.facts import NO_EXTRA, Fact
from notifier.domain.kind import Thing

BY_PREFIX: Mapping[str, Thing] = MappingProxyType(
    {
        "case": Thing.CASE,
        "session": Thing.SESSION,
        "occasion": Thing.MEASURE,
        "commitment": Thing.COMMITMENT,
        "goal": Thing.GOAL,
        "signal": Thing.SIGNAL,
        "emergency": Thing.EMERGENCY,
        "person": Thing.PERSON,
    }
)
MISSED = "MISSED"


@dataclass(frozen=True, slots=True)
class Mark:
    """The latest fact of a type about a thing: when it happened, and what it carried."""

    type: str
    at: datetime
    fact: str
    extra: Mapping[str, str] = field(default_factory=lambda: NO_EXTRA)
    traceparent: str | None = None

    @property
    def order(self) -> tuple[datetime, str]:
        """What decides which of two is the later one; ids break the tie of equal instants."""
        return self.at, self.fact


@dataclass(frozen=True, slots=True)
class Occasion:
    """One thing that can be reminded of, with its marks by type of fact."""

    thing: Thing
    id: str
    marks: Mapping[str, Mark]

    def latest(self, types: Iterable[str]) -> Mark | None:
        """Return the latest mark of some types, if there is one."""
        found = [self.marks[each] for each in types if each in self.marks]
        return max(found, key=lambda mark: mark.order, default=None)


@dataclass(frozen=True, slots=True)
class Case:
    """Everything remembered of one case; make one by `remember`."""

    organisation: str
    id: str
    occasions: Mapping[tuple[Thing, str], Occasion] = field(
        default_factory=lambda: MappingProxyType({})
    )

    @property
    def frame(self) -> Occasion | None:
        """The case itself, once it was heard of."""
        return self.occasions.get((Thing.CASE, self.id))

    @property
    def is_closed(self) -> bool:
        """Whether it ended: nobody is reminded of anything in it any more."""
        return self.frame is not None and facts.CASE_CLOSED in self.frame.marks

    @property
    def time_zone(self) -> str | None:
        """Where its days are counted; the zone of people who named none."""
        opened = self.frame and self.frame.marks.get(facts.CASE_OPENED)
        return opened.extra["timeZone"] if opened else None

    @property
    def interval(self) -> timedelta:
        """How far apart its sessions are meant to be; a week if nobody said."""
        opened = self.frame and self.frame.marks.get(facts.CASE_OPENED)
        return timedelta(days=int(opened.extra.get("intervalDays", 7)) if opened else 7)

    def of(self, thing: Thing) -> Iterator[Occasion]:
        """Yield the occasions of a kind of thing; gaps are worked out from the sessions."""
        if thing is Thing.GAP:
            yield from gaps(self)
        else:
            yield from (each for (kind, _), each in self.occasions.items() if kind is thing)


def touched(fact: Fact) -> tuple[tuple[Thing, str, Mark], ...]:
    """Return which marks a fact leaves on which things; nothing for what nobody is reminded of."""
    mark = Mark(fact.type, fact.at, fact.id, fact.extra, fact.traceparent)
    if fact.type in {facts.CARE_TEAM_JOINED, facts.CARE_TEAM_LEFT}:
        return ((Thing.PLACE, f"{fact.subject}/{fact.extra['relation']}", mark),)
    if fact.type == facts.CASE_OPENED:
        return (Thing.CASE, fact.subject, mark), (
            Thing.PLACE,
            f"{fact.extra['client']}/CLIENT",
            mark,
        )
    if fact.type == facts.MEASUREMENT_SUBMITTED:
        asked = fact.extra.get("occasion")
        return ((Thing.MEASURE, asked, mark),) if asked else ()
    thing = BY_PREFIX.get(fact.subject.partition("-")[0])
    if thing is None:
        return ()
    if fact.type == facts.SESSION_MOVED:
        return (thing, fact.subject, mark), (Thing.SESSION, fact.extra["movedTo"], _anew(mark))
    return ((thing, fact.subject, mark),)


def _anew(moved: Mark) -> Mark:
    """Return what a move says of the session it leads to: it is planned, and when."""
    extra = MappingProxyType({key: told for key, told in moved.extra.items() if key != "movedTo"})
    return Mark(facts.SESSION_PLANNED, moved.at, moved.fact, extra, moved.traceparent)


def remember(case: Case, new: Iterable[Fact]) -> Case:
    """Return the memory with facts added; facts of other cases and organisations are left out.

    Idempotent, and the order does not matter.
    """
    occasions = dict(case.occasions)
    for fact in new:
        if fact.organisation == case.organisation and fact.case in {case.id, None}:
            for thing, each, mark in touched(fact):
                occasions[thing, each] = _marked(occasions.get((thing, each)), thing, each, mark)
    return Case(case.organisation, case.id, MappingProxyType(occasions))


def recall(organisation: str, case: str, marks: Iterable[tuple[Thing, str, Mark]]) -> Case:
    """Return the memory that was kept as marks, one row each."""
    occasions: dict[tuple[Thing, str], Occasion] = {}
    for thing, each, mark in marks:
        occasions[thing, each] = _marked(occasions.get((thing, each)), thing, each, mark)
    return Case(organisation, case, MappingProxyType(occasions))


def _marked(known: Occasion | None, thing: Thing, each: str, mark: Mark) -> Occasion:
    if known is None:
        return Occasion(thing, each, MappingProxyType({mark.type: mark}))
    before = known.marks.get(mark.type)
    if before is not None and before.order >= mark.order:
        return known
    return Occasion(thing, each, MappingProxyType({**known.marks, mark.type: mark}))


def erased(case: Case) -> frozenset[str]:
    """Return the people who were erased; nothing is planned for them any more."""
    return frozenset(each.id for each in case.of(Thing.PERSON) if facts.PERSON_ERASED in each.marks)


def relations(case: Case, person: str, at: datetime) -> frozenset[str]:
    """Return how a person stands to the case at an instant: their places that are open."""
    return frozenset(relation for who, relation in _places(case, at) if who == person)


def holders(case: Case, relation: str, at: datetime) -> tuple[str, ...]:
    """Return who stands in a relation to the case at an instant, in a fixed order."""
    return tuple(sorted(who for who, held in _places(case, at) if held == relation))


def _places(case: Case, at: datetime) -> Iterator[tuple[str, str]]:
    for place in case.of(Thing.PLACE):
        who, _, relation = place.id.partition("/")
        latest = place.latest((facts.CASE_OPENED, facts.CARE_TEAM_JOINED, facts.CARE_TEAM_LEFT))
        if latest is not None and latest.type != facts.CARE_TEAM_LEFT:
            until = latest.extra.get("endsAt")
            if until is None or at < facts.instant(until, "endsAt"):
                yield who, relation


GAP_OPENED = "gap.opened"


def gaps(case: Case) -> Iterator[Occasion]:
    """Yield the time after every session that was not called off or missed, as a thing of its own.

    Its mark has `from`, the planned end of the session, `overdue`, when by the plan of the case the
    next one should have been, and `until`, the planned start of the next one if one is planned.
    It is as old as the last thing heard of those sessions.
    """
    heard = sorted(
        (each for each in case.of(Thing.SESSION) if facts.SESSION_PLANNED in each.marks),
        key=lambda each: (_start(each), each.id),
    )
    for place, session in enumerate(heard):
        if _is_on(session):
            yield _gap(case, session, heard[place + 1 :])


def _gap(case: Case, session: Occasion, later: list[Occasion]) -> Occasion:
    planned = session.marks[facts.SESSION_PLANNED]
    start = facts.instant(planned.extra["plannedEnd"], "plannedEnd")
    extra = {"from": start.isoformat(), "overdue": (start + case.interval).isoformat()}
    following = next((each for each in later if _is_on(each)), None)
    if following is not None:
        extra["until"] = following.marks[facts.SESSION_PLANNED].extra["plannedStart"]
    newest = max(
        (mark for each in (session, *later) for mark in each.marks.values()),
        key=lambda mark: mark.order,
    )
    mark = Mark(GAP_OPENED, newest.at, newest.fact, MappingProxyType(extra), newest.traceparent)
    return Occasion(Thing.GAP, f"gap-{session.id}", MappingProxyType({GAP_OPENED: mark}))


def _start(session: Occasion) -> datetime:
    return facts.instant(session.marks[facts.SESSION_PLANNED].extra["plannedStart"], "plannedStart")


def _is_on(session: Occasion) -> bool:
    """Tell whether people met or are going to: not called off, not moved away, not missed."""
    recorded = session.marks.get(facts.SESSION_RECORDED)
    missed = recorded is not None and recorded.extra.get("outcome") == MISSED
    return not missed and not session.marks.keys() & {facts.SESSION_CANCELLED, facts.SESSION_MOVED}
