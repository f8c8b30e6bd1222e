"""The last look before a reminder leaves: by then everything may have changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from notifier.domain import timing
from notifier.domain.kind import Kind
from notifier.domain.preferences import Preferences
from notifier.domain.reminder import DropReason, Reminder

WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Sent:
    """A reminder that left: what a weekly cap counts."""

    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Send:
    """It may leave now."""


@dataclass(frozen=True, slots=True)
class Wait:
    """It may not leave before `until`."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Drop:
    """It must not leave any more."""

    reason: DropReason


def decide(
    reminder: Reminder,
    kind: Kind | None,
    preferences: Preferences,
    sent: Iterable[Sent],
    now: datetime,
) -> Send | Wait | Drop:
    """Return whether a claimed reminder leaves now, later or never.

    `sent` is what left to the same person in the last seven days, of all kinds. A kind that is no
    more (None) is not sent.
    """
    reason = _never(reminder, kind, preferences, now)
    if reason is not None or kind is None:
        return Drop(reason or DropReason.RETIRED)
    until = timing.later(max(now, reminder.not_before), kind, preferences)
    if until is None or until >= reminder.expires_at:
        return Drop(DropReason.QUIET)
    if until > now:
        return Wait(until)
    if is_capped(kind, preferences, sent, now):
        return Drop(DropReason.CAPPED)
    return Send()


def is_capped(kind: Kind, preferences: Preferences, sent: Iterable[Sent], at: datetime) -> bool:
    """Tell whether one more would be too many in the 7 × 24 hours before an instant."""
    recent = [each.kind for each in sent if at - WEEK < each.at <= at]
    return recent.count(kind.name) >= kind.cap or (
        not kind.uncapped and len(recent) >= preferences.weekly_cap
    )


def _never(
    reminder: Reminder, kind: Kind | None, preferences: Preferences, now: datetime
) -> DropReason | None:
    if kind is None:
        return DropReason.RETIRED
    if now >= reminder.expires_at:
        return DropReason.EXPIRED
    if now > reminder.due_at + reminder.stale_after:
        return DropReason.STALE
    if not preferences.opted.get(kind.name, kind.default):
        return DropReason.OPTED_OUT
    return DropReason.PAUSED if preferences.is_paused(now) else None
