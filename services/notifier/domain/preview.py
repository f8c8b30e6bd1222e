"""What would be sent in the days to come, and why something would not."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from notifier.domain import timing
from notifier.domain.kind import Kind
from notifier.domain.occasions import Case
from notifier.domain.planning import Silent, default_preferences, plan_case
from notifier.domain.preferences import Preferences
from notifier.domain.reminder import DropReason, Reminder
from notifier.domain.sending import Sent, is_capped

HORIZON: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Line:
    """One reminder to come: when it would leave, or (with a `reason`) would have."""

    key: UUID
    at: datetime
    kind: str
    case: str
    occasion: str
    label: str
    reason: DropReason | None


def preview(  # noqa: PLR0913 - all that a plan depends on
    person: str,
    cases: Iterable[Case],
    kinds: Mapping[str, Kind],
    preferences: Preferences | None,
    sent: Sequence[Sent],
    settled: Collection[UUID],
    now: datetime,
    horizon: timedelta = HORIZON,
) -> tuple[Line, ...]:
    """Return everything planned for one person within a time from now, in its order.

    `sent` is what left to them in the last seven days, for the weekly caps; `settled` are the keys
    of what was sent or given up already. Nothing is said of things that were over before now.
    """
    lines = [
        line
        for case in cases
        for line in _lines(person, case, kinds, preferences or default_preferences(case), now)
        if now <= line.at < now + horizon and line.key not in settled
    ]
    return tuple(_capped(sorted(lines, key=_order), kinds, preferences, sent))


def _order(line: Line) -> tuple[datetime, str, str, str]:
    return line.at, line.kind, line.occasion, line.label


def _lines(
    person: str, case: Case, kinds: Mapping[str, Kind], wishes: Preferences, now: datetime
) -> Iterable[Line]:
    for each in plan_case(kinds.values(), case, {person: wishes}, now):
        if each.recipient != person:
            continue
        if isinstance(each, Reminder):
            yield _said(each, kinds[each.kind], wishes, now)
        elif each.at is not None:
            yield _unsaid(each, case, each.at)


def _said(reminder: Reminder, kind: Kind, wishes: Preferences, now: datetime) -> Line:
    # What is late but not too late leaves as soon as the worker looks, and it may be night by then.
    at = timing.later(max(reminder.due_at, now), kind, wishes)
    reason = DropReason.QUIET if at is None or at >= reminder.expires_at else None
    said = at if at is not None and reason is None else reminder.due_at
    return Line(
        reminder.key,
        said,
        reminder.kind,
        reminder.case,
        reminder.occasion,
        reminder.label,
        reason,
    )


def _unsaid(silent: Silent, case: Case, at: datetime) -> Line:
    kind, occasion = silent.kind, silent.occasion
    return Line(silent.key, at, kind, case.id, occasion, silent.label, silent.reason)


def _capped(
    lines: Iterable[Line],
    kinds: Mapping[str, Kind],
    preferences: Preferences | None,
    sent: Sequence[Sent],
) -> Iterable[Line]:
    """Yield the lines as they would leave: each that leaves counts against those after it."""
    before, wishes = list(sent), preferences or Preferences()
    for line in lines:
        if line.reason is None and is_capped(kinds[line.kind], wishes, before, line.at):
            key, at, reason = line.key, line.at, DropReason.CAPPED
            yield Line(key, at, line.kind, line.case, line.occasion, line.label, reason)
            continue
        if line.reason is None:
            before.append(Sent(line.kind, line.at))
        yield line
