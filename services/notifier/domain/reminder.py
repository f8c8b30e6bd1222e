"""One planned nudge, and everything that can become of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from types import MappingProxyType
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Reminder:
    """One message to one person, planned; every instant is in UTC.

    `key` is made by `key_of` and is the same whenever the same thing is planned again.
    `occasion` is the id of what it is about, `anchor` the instant or day it was measured from.
    Nothing is sent before `not_before`, which starts as `due_at` and moves when a send is put off,
    nor at or after `expires_at`, nor more than `stale_after` past `due_at`.
    `details` holds instants and days of the fact, for wording and calendars: no ids, no codes.
    `fact` and `traceparent` say from which fact it was planned.
    """

    key: UUID
    organisation: str
    kind: str
    occasion: str
    anchor: str
    case: str
    recipient: str
    label: str
    step: int
    due_at: datetime
    not_before: datetime
    expires_at: datetime
    stale_after: timedelta
    details: Mapping[str, str]
    fact: str
    traceparent: str | None


def key_of(  # noqa: PLR0913 - what makes two reminders one
    organisation: str, kind: str, occasion: str, anchor: str, recipient: str, label: str
) -> UUID:
    """Return the id of a reminder: one per organisation, kind, occasion, recipient and offset.

    The anchor belongs to the occasion: a goal that is looked at again every month is another
    occasion each time. It also serves as idempotency key, so it must tell nothing by itself.
    """
    parts = (organisation, kind, occasion, anchor, recipient, label)
    # Lengths first, so that no two lists of parts read alike.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    bits = int.from_bytes(sha256(text.encode()).digest()[:16], "big")
    # Version 8 and the variant by hand: Python's own `version=` knows no 8 before 3.14.
    return UUID(int=bits & ~(0xF << 76) & ~(0x3 << 62) | (8 << 76) | (2 << 62))


class State(StrEnum):
    """What a reminder is; at any time exactly one of these."""

    PLANNED = "PLANNED"
    CLAIMED = "CLAIMED"
    SENT = "SENT"
    DROPPED = "DROPPED"
    FAILED = "FAILED"
    """Failed temporarily: it is tried again."""
    DEAD = "DEAD"


class Event(StrEnum):
    """What can happen to a reminder."""

    PLAN = "PLAN"
    """It is planned, again or with other instants."""
    CLAIM = "CLAIM"
    RELEASE = "RELEASE"
    """The claim ended without a try: its lease ran out, or it was put off."""
    RECEIPT = "RECEIPT"
    """A provider took it."""
    TEMPORARY_ERROR = "TEMPORARY_ERROR"
    PERMANENT_ERROR = "PERMANENT_ERROR"
    DROP = "DROP"
    REPLAY = "REPLAY"
    """An operator wants a dead one tried again."""


_S, _E = State, Event
TRANSITIONS: Mapping[State, Mapping[Event, State | None]] = MappingProxyType(
    {
        _S.PLANNED: {
            _E.PLAN: _S.PLANNED,
            _E.CLAIM: _S.CLAIMED,
            _E.RELEASE: None,
            _E.RECEIPT: None,
            _E.TEMPORARY_ERROR: None,
            _E.PERMANENT_ERROR: None,
            _E.DROP: _S.DROPPED,
            _E.REPLAY: None,
        },
        _S.CLAIMED: {
            _E.PLAN: None,  # it is being sent as it was; the key stays, so nothing is sent twice
            _E.CLAIM: None,
            _E.RELEASE: _S.PLANNED,
            _E.RECEIPT: _S.SENT,
            _E.TEMPORARY_ERROR: _S.FAILED,
            _E.PERMANENT_ERROR: _S.DEAD,
            _E.DROP: _S.DROPPED,
            _E.REPLAY: None,
        },
        _S.SENT: dict.fromkeys(Event),
        _S.DROPPED: {
            **dict.fromkeys(Event),
            _E.PLAN: _S.PLANNED,  # a pause ended, a yes was given: it never left, so it may
        },
        _S.FAILED: {
            _E.PLAN: _S.FAILED,
            _E.CLAIM: _S.CLAIMED,
            _E.RELEASE: None,
            _E.RECEIPT: None,
            _E.TEMPORARY_ERROR: None,
            _E.PERMANENT_ERROR: _S.DEAD,
            _E.DROP: _S.DROPPED,
            _E.REPLAY: None,
        },
        _S.DEAD: {
            **dict.fromkeys(Event),
            _E.REPLAY: _S.PLANNED,
            _E.DROP: _S.DROPPED,
        },
    }
)
"""What every event makes of every state; None where it must not happen and is refused."""

OPEN = frozenset({State.PLANNED, State.CLAIMED, State.FAILED})
"""States in which something is still going to happen by itself."""


class NotAllowed(ValueError):  # noqa: N818 - a refusal, as elsewhere in this house
    """An event that must not happen in a state."""

    def __init__(self, state: State, event: Event) -> None:
        super().__init__(f"{event} is not allowed when {state}")
        self.state = state
        self.event = event


def after(state: State, event: Event) -> State:
    """Return the state after an event.

    Raises:
        NotAllowed: for an event that must not happen then.
    """
    found = TRANSITIONS[state][event]
    if found is None:
        raise NotAllowed(state, event)
    return found


class DropReason(StrEnum):
    """Why something is not sent. Each has exactly one meaning, and none is a judgement."""

    ENDED = "ENDED"
    """The matter ended: cancelled, moved, done, answered."""
    REPLANNED = "REPLANNED"
    """The same matter was set to another time."""
    NOT_CONCERNED = "NOT_CONCERNED"
    """The person has no place in the case (any more)."""
    ERASED = "ERASED"
    """The person was erased."""
    OPTED_OUT = "OPTED_OUT"
    """The person does not want this kind, or did not ask for it."""
    PAUSED = "PAUSED"
    """The person wants nothing at that time."""
    CAPPED = "CAPPED"
    """The person had enough of this kind, or of all kinds, in seven days."""
    QUIET = "QUIET"
    """Quiet hours and free days leave no room before it expires."""
    EXPIRED = "EXPIRED"
    """It has lost its sense."""
    STALE = "STALE"
    """It is so late that silence is better."""
    KNOWN_TOO_LATE = "KNOWN_TOO_LATE"
    """It would have been due before anybody could know of it."""
    UNREACHABLE = "UNREACHABLE"
    """The person has no verified contact point that may be used."""
    RETIRED = "RETIRED"
    """There is no such kind any more."""
