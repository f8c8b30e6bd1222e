"""A kind of reminder: what starts, replans and drops it, and when it speaks. All of it is data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum


class Thing(StrEnum):
    """What a reminder can be about."""

    SESSION = "session"
    MEASURE = "measure"
    COMMITMENT = "commitment"
    GOAL = "goal"
    SIGNAL = "signal"
    EMERGENCY = "emergency"
    GAP = "gap"
    """The time from the end of a session to the next one that is planned, if one is."""
    PLACE = "place"
    """A person's place in a care team, by which recipients are found."""
    PERSON = "person"
    CASE = "case"


class Shift(StrEnum):
    """Which way a reminder moves that falls into quiet hours or on a free day."""

    LATER = "later"
    EARLIER = "earlier"


class Recipient(StrEnum):
    """Whom a kind speaks to: everybody with a relation to the case, or the one a fact names."""

    CLIENT = "client"
    THERAPIST = "therapist"
    ONLY_THERAPIST = "only therapist"
    """The therapist of a case that has one; nobody where several would read what is about one."""
    OWNER = "owner"
    INFORMANT = "informant"
    LEADER = "leader"
    """The therapist who leads a session."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One time at which a kind speaks, measured from the anchor.

    Either `offset` on the absolute time line, or, with `at`, the day of the anchor plus `days` in
    the recipient's zone at that local time. `label` is the part of the key that tells a kind's
    moments apart. `step` counts up as a kind presses harder: it is the place in the recipient's
    order of channels at which sending starts.
    """

    label: str
    offset: timedelta | None = None
    days: int = 0
    at: time | None = None
    step: int = 0


@dataclass(frozen=True, slots=True)
class Expiry:
    """When a reminder has lost its sense: the earlier of two instants, as far as they are given.

    `after` counts from when it was to be said; `offset` from the instant or day's end named `of`,
    where the fact has one.
    """

    after: timedelta | None
    of: str | None = None
    offset: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind, as its folder says it.

    `starts` and `replans` name the facts that set the anchor (the latest of them does, once one
    that starts is there); `drops` those that end the matter. `where` gives the values an extra of
    the anchoring fact must have; `open_until` a key it must not have. `anchor` is `at`, or the
    key of an instant or a day in it. `opens` is the key of an instant before which there is
    nothing to remind of yet. `tells` is the instant or day that wording may name.

    `stale_after` is how long after it was due a reminder may still leave. `cap` bounds the kind
    per person in any 7 × 24 hours; one that is `uncapped` leaves although its reader had enough of
    all kinds together. `default` holds for who said neither yes nor no.
    `known_late`: what was due before it could be known is sent at once, or (false) never.
    `when_closed`: it is said of a case that is closed as well.
    """

    name: str
    thing: Thing
    starts: tuple[str, ...]
    replans: tuple[str, ...]
    drops: tuple[str, ...]
    where: Mapping[str, frozenset[str]]
    open_until: str | None
    anchor: str
    opens: str | None
    tells: str | None
    moments: tuple[Moment, ...]
    expiry: Expiry
    stale_after: timedelta
    recipients: tuple[Recipient, ...]
    for_staff: bool
    shift: Shift
    cap: int
    uncapped: bool
    default: bool
    known_late: bool
    when_closed: bool
