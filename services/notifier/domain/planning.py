"""From what is remembered to what will be sent: pure, and the same however often it is done."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from notifier.domain import facts, timing
from notifier.domain.facts import Fact
from notifier.domain.kind import Kind, Moment, Recipient, Thing
from notifier.domain.occasions import (
    Case,
    Mark,
    Occasion,
    erased,
    holders,
    relations,
    remember,
    touched,
)
from notifier.domain.preferences import Preferences
from notifier.domain.reminder import DropReason, Reminder, key_of


@dataclass(frozen=True, slots=True)
class Silent:
    """A reminder that is not planned, and why; `at` is when it would have been due, if ever."""

    key: UUID
    kind: str
    occasion: str
    recipient: str
    label: str
    reason: DropReason
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What facts make of a case: write all of it in one transaction.

    `plan` are reminders that are new or have other instants than those pending. Some may have been
    sent before: what was sent, claimed or given up stays as it is, which the table of transitions
    says (`Event.PLAN`). `drop` are the keys of pending ones that must not be sent, `silent` what
    was not planned and why.
    """

    case: Case
    plan: tuple[Reminder, ...]
    drop: tuple[tuple[UUID, DropReason], ...]
    silent: tuple[Silent, ...]


def plan(  # noqa: PLR0913 - all that a plan depends on
    kind: Kind,
    case: Case,
    occasion: Occasion,
    recipient: str,
    preferences: Preferences,
    now: datetime,
) -> tuple[Reminder | Silent, ...]:
    """Return what a kind makes of an occasion for one person: one entry per moment of the kind.

    Empty if the kind does not apply to the occasion at all. Weekly caps are not looked at here but
    when a reminder leaves (`sending.decide`), so that planning one thing never depends on another.
    """
    mark = anchoring(kind, occasion)
    if mark is None:
        return ()
    anchor = mark.at.isoformat() if kind.anchor == "at" else mark.extra[kind.anchor]
    draft = _Draft(kind, case, occasion, recipient, preferences, mark, anchor)
    return tuple(_one(draft, moment, now) for moment in kind.moments)


def anchoring(kind: Kind, occasion: Occasion) -> Mark | None:
    """Return the mark a kind measures from; None if the kind does not apply to the occasion."""
    started = occasion.latest(kind.starts)
    mark = occasion.latest((*kind.starts, *kind.replans))
    if started is None or mark is None:
        return None
    needed = {kind.anchor, kind.tells} - {"at", None}
    if not needed <= mark.extra.keys():
        return None
    if not all(started.extra.get(key) in values for key, values in kind.where.items()):
        return None
    return mark


def recipients(kind: Kind, case: Case, occasion: Occasion, now: datetime) -> tuple[str, ...]:
    """Return whom a kind speaks to: people with an open place in the case, and nobody else."""
    found = [who for each in kind.recipients for who in _meant(each, kind, case, occasion, now)]
    gone = erased(case)
    return tuple(dict.fromkeys(who for who in found if who not in gone))


def _meant(
    recipient: Recipient, kind: Kind, case: Case, occasion: Occasion, now: datetime
) -> tuple[str, ...]:
    if recipient is Recipient.CLIENT:
        return holders(case, "CLIENT", now)
    if recipient in {Recipient.THERAPIST, Recipient.ONLY_THERAPIST}:
        therapists = holders(case, "THERAPIST", now)
        alone = recipient is Recipient.ONLY_THERAPIST
        return () if alone and len(therapists) > 1 else therapists
    started = occasion.latest(kind.starts)
    named = started.extra.get(NAMED_BY[recipient]) if started else None
    return (named,) if named and relations(case, named, now) else ()


def plan_case(
    kinds: Iterable[Kind],
    case: Case,
    preferences: Mapping[str, Preferences],
    now: datetime,
    only: Collection[str] | None = None,
) -> Iterator[Reminder | Silent]:
    """Yield what all kinds make of a case, or of those of its occasions whose ids are in `only`.

    Who has no entry in `preferences` is taken to live in the zone of the case.
    """
    standard = default_preferences(case)
    for kind in kinds:
        if case.is_closed and not kind.when_closed:
            continue
        for occasion in case.of(kind.thing):
            if only is not None and occasion.id not in only:
                continue
            for who in recipients(kind, case, occasion, now):
                yield from plan(kind, case, occasion, who, preferences.get(who, standard), now)


def react(  # noqa: PLR0913 - all that a plan depends on
    new: Sequence[Fact],
    case: Case,
    kinds: Iterable[Kind],
    preferences: Mapping[str, Preferences],
    pending: Mapping[UUID, Reminder],
    now: datetime,
) -> Changes:
    """Return what facts change: remember them, plan what they concern anew, drop what is no more.

    `pending` are the reminders of this case that are still to be sent. Calling it again with the
    same facts, or with none, changes nothing; without facts the whole case is planned anew, as
    when somebody's preferences change.
    """
    after = remember(case, new)
    only = concerned(new, after)
    wanted = list(plan_case(kinds, after, preferences, now, only))
    mute = [each for each in wanted if isinstance(each, Silent)]
    planned = {each.key: each for each in wanted if isinstance(each, Reminder)}
    open_ones = {
        key: each for key, each in pending.items() if only is None or each.occasion in only
    }
    return Changes(
        after,
        tuple(each for each in planned.values() if _differs(open_ones.get(each.key), each)),
        tuple(_dropped(after, open_ones, planned, mute, now)),
        tuple(mute),
    )


def concerned(new: Sequence[Fact], case: Case) -> frozenset[str] | None:
    """Return the ids of the occasions that facts concern; None when it is the whole case."""
    marks = [mark for fact in new for mark in touched(fact)]
    if not marks or any(thing in _WHOLE for thing, _, _ in marks):
        return None
    ids = {each for _, each, _ in marks}
    if any(thing is Thing.SESSION for thing, _, _ in marks):
        # One session moves the time between all of them, and a gap may have gone with its session.
        ids |= {f"gap-{each.id}" for each in case.of(Thing.SESSION)}
    return frozenset(ids)


def default_preferences(case: Case) -> Preferences:
    """Return what holds for people who said nothing: the zone of the case, and all that is usual."""
    try:
        return Preferences(zone=case.time_zone or "UTC")
    except ValueError:  # a zone that this machine's database does not know
        return Preferences()


NAMED_BY = {
    Recipient.OWNER: "owner",
    Recipient.INFORMANT: "informant",
    Recipient.LEADER: "therapist",
}
"""In which key of the starting fact a recipient is named who is not found by relation."""
_WHOLE = frozenset({Thing.PLACE, Thing.PERSON, Thing.CASE})


@dataclass(frozen=True, slots=True)
class _Draft:
    kind: Kind
    case: Case
    occasion: Occasion
    recipient: str
    preferences: Preferences
    mark: Mark
    anchor: str

    @property
    def known_from(self) -> datetime:
        """When there first was something to remind of."""
        opens = self.mark.extra.get(self.kind.opens) if self.kind.opens else None
        return max(self.mark.at, facts.instant(opens, "opens")) if opens else self.mark.at

    def key(self, moment: Moment) -> UUID:
        organisation, kind, occasion = self.case.organisation, self.kind.name, self.occasion.id
        return key_of(organisation, kind, occasion, self.anchor, self.recipient, moment.label)

    def silent(self, moment: Moment, reason: DropReason, at: datetime | None) -> Silent:
        kind, occasion = self.kind.name, self.occasion.id
        return Silent(self.key(moment), kind, occasion, self.recipient, moment.label, reason, at)


def _one(draft: _Draft, moment: Moment, now: datetime) -> Reminder | Silent:
    wished = timing.moment_at(moment, draft.anchor, draft.preferences)
    if wished is None or _has_ended(draft):
        return draft.silent(moment, DropReason.ENDED, wished)
    if wished < draft.known_from:
        if not draft.kind.known_late:
            return draft.silent(moment, DropReason.KNOWN_TOO_LATE, wished)
        wished = draft.known_from
    due = timing.shifted(wished, draft.kind, draft.preferences)
    expires = _expires(draft, wished)
    reason = _why_not(draft, due, wished, expires, now)
    if reason is not None or due is None:
        return draft.silent(moment, reason or DropReason.QUIET, due or wished)
    return _reminder(draft, moment, due, expires)


def _has_ended(draft: _Draft) -> bool:
    kind = draft.kind
    over = draft.occasion.latest(kind.drops) is not None
    return over or (kind.open_until is not None and kind.open_until in draft.mark.extra)


def _expires(draft: _Draft, wished: datetime) -> datetime:
    expiry = draft.kind.expiry
    told = draft.mark.extra.get(expiry.of) if expiry.of else None
    ends = [] if told is None else [timing.end_of(told, draft.preferences) + expiry.offset]
    if expiry.after is not None or not ends:
        ends.append(wished + (expiry.after or draft.kind.stale_after))
    return min(ends)


def _why_not(
    draft: _Draft, due: datetime | None, wished: datetime, expires: datetime, now: datetime
) -> DropReason | None:
    kind, preferences = draft.kind, draft.preferences
    if not preferences.opted.get(kind.name, kind.default):
        return DropReason.OPTED_OUT
    if expires <= max(now, wished):
        return DropReason.EXPIRED
    if due is None or due >= expires or due < draft.known_from:
        return DropReason.QUIET
    if not relations(draft.case, draft.recipient, due):
        return DropReason.NOT_CONCERNED
    if now > due + kind.stale_after:
        return DropReason.STALE
    return DropReason.PAUSED if preferences.is_paused(due) else None


def _reminder(draft: _Draft, moment: Moment, due: datetime, expires: datetime) -> Reminder:
    return Reminder(
        key=draft.key(moment),
        organisation=draft.case.organisation,
        kind=draft.kind.name,
        occasion=draft.occasion.id,
        anchor=draft.anchor,
        case=draft.case.id,
        recipient=draft.recipient,
        label=moment.label,
        step=moment.step,
        due_at=due,
        not_before=due,
        expires_at=expires,
        stale_after=draft.kind.stale_after,
        details=MappingProxyType(timing.instants_of(draft.mark.extra)),
        fact=draft.mark.fact,
        traceparent=draft.mark.traceparent,
    )


def _differs(known: Reminder | None, wanted: Reminder) -> bool:
    if known is None:
        return True
    return (known.due_at, known.expires_at, known.details) != (
        wanted.due_at,
        wanted.expires_at,
        wanted.details,
    )


def _dropped(
    case: Case,
    pending: Mapping[UUID, Reminder],
    planned: Mapping[UUID, Reminder],
    mute: Iterable[Silent],
    now: datetime,
) -> Iterator[tuple[UUID, DropReason]]:
    reasons = {each.key: each.reason for each in mute}
    instead = {_place(each) for each in planned.values()}
    for key, each in pending.items():
        if key in reasons:
            yield key, reasons[key]
        elif key not in planned:
            yield key, DropReason.REPLANNED if _place(each) in instead else _gone(case, each, now)


def _place(reminder: Reminder) -> tuple[str, ...]:
    return reminder.kind, reminder.occasion, reminder.recipient, reminder.label


def _gone(case: Case, reminder: Reminder, now: datetime) -> DropReason:
    """Return why something that was planned is not planned any more."""
    if reminder.recipient in erased(case):
        return DropReason.ERASED
    concerned_still = relations(case, reminder.recipient, now)
    return DropReason.ENDED if concerned_still or case.is_closed else DropReason.NOT_CONCERNED
