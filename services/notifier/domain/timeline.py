"""Time passing: facts come in, reminders go out. Pure, and the very code that plans and decides.

It stands in for the worker wherever a history is told rather than lived: in the examples of the
kinds, in previews, in experiments.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from notifier.domain.facts import Fact
from notifier.domain.kind import Kind
from notifier.domain.occasions import Case
from notifier.domain.planning import Silent, default_preferences, react
from notifier.domain.preferences import Preferences
from notifier.domain.reminder import DropReason, Event, Reminder, State, after
from notifier.domain.sending import Drop, Sent, Wait, decide


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a reminder: sent at `at`, or not, and then why and when it was due.

    `reason` is None for one that was sent. `at` is None for what never had an instant.
    """

    kind: str
    occasion: str
    recipient: str
    label: str
    at: datetime | None
    reason: DropReason | None


@dataclass(slots=True)
class Timeline:
    """One case through time. `preferences` may be changed between steps; then call `wake`."""

    kinds: Mapping[str, Kind]
    case: Case
    preferences: Mapping[str, Preferences] = field(default_factory=dict)
    sent: dict[str, list[Sent]] = field(default_factory=dict)
    _reminders: dict[UUID, Reminder] = field(default_factory=dict)
    _states: dict[UUID, State] = field(default_factory=dict)
    _outcomes: dict[UUID, Outcome] = field(default_factory=dict)
    _due: list[tuple[datetime, UUID]] = field(default_factory=list)

    def hear(self, facts: Sequence[Fact], now: datetime) -> None:
        """Take in facts; without any, plan everything anew."""
        pending = {
            key: self._reminders[key]
            for key, state in self._states.items()
            if state is State.PLANNED
        }
        changes = react(facts, self.case, self.kinds.values(), self.preferences, pending, now)
        self.case = changes.case
        for key, reason in changes.drop:
            self._drop(self._reminders[key], reason)
        for each in changes.silent:
            self._note(each)
        for reminder in changes.plan:
            self._plan(reminder)

    def pass_until(self, end: datetime) -> None:
        """Send or drop everything that is due until an instant, each at its time."""
        while self._due and self._due[0][0] <= end:
            at, key = heapq.heappop(self._due)
            if self._states[key] is State.PLANNED and self._reminders[key].not_before == at:
                self._try(key, at)

    def wake(self, now: datetime) -> None:
        """Go on after a time in which nothing ran: whatever is due is looked at now."""
        late = [key for at, key in self._due if at <= now]
        self._due = [(at, key) for at, key in self._due if at > now]
        heapq.heapify(self._due)
        for key in sorted(set(late), key=lambda each: self._reminders[each].due_at):
            if self._states[key] is State.PLANNED:
                self._try(key, now)

    @property
    def reminders(self) -> Mapping[UUID, Reminder]:
        """Everything that was ever planned, as it was planned last."""
        return self._reminders

    def sent_at(self, key: UUID) -> datetime | None:
        """Return when a reminder left, or None if it did not."""
        outcome = self._outcomes.get(key)
        return outcome.at if outcome is not None and outcome.reason is None else None

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """What became of everything so far, in the order of time."""
        return tuple(sorted(self._outcomes.values(), key=_order))

    def _plan(self, reminder: Reminder) -> None:
        state = self._states.get(reminder.key, State.PLANNED)
        if state in {State.PLANNED, State.DROPPED}:
            self._states[reminder.key] = after(state, Event.PLAN)
            self._reminders[reminder.key] = reminder
            self._outcomes.pop(reminder.key, None)
            heapq.heappush(self._due, (reminder.not_before, reminder.key))

    def _try(self, key: UUID, now: datetime) -> None:
        reminder = self._reminders[key]
        wishes = self.preferences.get(reminder.recipient, default_preferences(self.case))
        before = self.sent.setdefault(reminder.recipient, [])
        found = decide(reminder, self.kinds.get(reminder.kind), wishes, before, now)
        if isinstance(found, Wait):
            self._reminders[key] = replace(reminder, not_before=found.until)
            heapq.heappush(self._due, (found.until, key))
        elif isinstance(found, Drop):
            self._drop(reminder, found.reason)
        else:
            self._states[key] = after(after(State.PLANNED, Event.CLAIM), Event.RECEIPT)
            before.append(Sent(reminder.kind, now))
            self._outcomes[key] = _outcome(reminder, now, None)

    def _drop(self, reminder: Reminder, reason: DropReason) -> None:
        self._states[reminder.key] = after(self._states[reminder.key], Event.DROP)
        self._outcomes[reminder.key] = _outcome(reminder, reminder.due_at, reason)

    def _note(self, silent: Silent) -> None:
        # What was sent or dropped keeps its story; only what was never planned is told here.
        if silent.key not in self._states:
            self._outcomes[silent.key] = Outcome(
                silent.kind,
                silent.occasion,
                silent.recipient,
                silent.label,
                silent.at,
                silent.reason,
            )


def told(
    kinds: Mapping[str, Kind],
    case: Case,
    facts: Iterable[Fact],
    preferences: Mapping[str, Preferences],
    until: datetime,
) -> tuple[Outcome, ...]:
    """Return what became of everything when each fact is heard at the instant it happened."""
    line = Timeline(kinds, case, preferences)
    for fact in sorted(facts, key=lambda each: (each.at, each.id)):
        line.pass_until(fact.at)
        line.hear([fact], fact.at)
    line.pass_until(until)
    return line.outcomes


def _outcome(reminder: Reminder, at: datetime, reason: DropReason | None) -> Outcome:
    kind, occasion = reminder.kind, reminder.occasion
    return Outcome(kind, occasion, reminder.recipient, reminder.label, at, reason)


def _order(outcome: Outcome) -> tuple[bool, float, str, str, str]:
    at = outcome.at
    stamp = at.timestamp() if at else 0.0
    return at is None, stamp, outcome.recipient, outcome.kind, outcome.label
