"""What the feed states: ids, instants and kinds, as CloudEvents."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any, Final

from notifier.domain.errors import Malformed

CASE_OPENED: Final = "case.opened"
CASE_CLOSED: Final = "case.closed"
SESSION_PLANNED: Final = "session.planned"
SESSION_MOVED: Final = "session.moved"
SESSION_CANCELLED: Final = "session.cancelled"
SESSION_RECORDED: Final = "session.recorded"
MEASUREMENT_SUBMITTED: Final = "measurement.submitted"
GOAL_PROPOSED: Final = "goal.proposed"
GOAL_ANSWERED: Final = "goal.answered"
GOAL_RATED: Final = "goal.rated"
GOAL_ENDED: Final = "goal.ended"
COMMITMENT_MADE: Final = "commitment.made"
COMMITMENT_SETTLED: Final = "commitment.settled"
OCCASION_PLANNED: Final = "occasion.planned"
OCCASION_SETTLED: Final = "occasion.settled"
SIGNAL_RAISED: Final = "signal.raised"
SIGNAL_ACKNOWLEDGED: Final = "signal.acknowledged"
SIGNAL_HEARD: Final = "signal.heard"
CARE_TEAM_JOINED: Final = "care_team.joined"
CARE_TEAM_LEFT: Final = "care_team.left"
EMERGENCY_OPENED: Final = "emergency.opened"
EMERGENCY_REVIEWED: Final = "emergency.reviewed"
PERSON_ERASED: Final = "person.erased"
DISCLOSURE_CHANGED: Final = "disclosure.changed"
CONSENT_GIVEN: Final = "consent.given"
CONSENT_WITHDRAWN: Final = "consent.withdrawn"

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._+-]{0,79}", re.ASCII)
_TRACE = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_SOURCE = re.compile(r"/organisations/([A-Za-z0-9][A-Za-z0-9-]{0,79})", re.ASCII)
_ZONE = re.compile(r"[A-Za-z0-9][A-Za-z0-9+_/-]{0,79}", re.ASCII)
Reader = Callable[[str, str], object]
"""Reads a text, given the place to blame; raises `Malformed`."""
NO_EXTRA: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened to `subject`, in `case` if in one, at an instant (UTC).

    `id` is the feed's and never given twice. Ids are typed text, `session-01920000-…`. `extra` is
    spelled as on the wire. `traceparent` is the W3C trace in which it happened, if it was traced.
    """

    id: str
    type: str
    organisation: str
    case: str | None
    subject: str
    at: datetime
    extra: Mapping[str, str] = field(default_factory=lambda: NO_EXTRA)
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """A fact of a type this notifier has not learned: kept apart, and nothing is made of it."""

    id: str
    type: str


def instant(text: str, place: str) -> datetime:
    """Read an RFC 3339 instant as UTC.

    Raises:
        Malformed: naming `place`, for anything else, an instant without its offset included.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Malformed(place, "give an instant such as 2026-03-29T09:00:00Z") from None
    if at.utcoffset() is None:
        raise Malformed(place, "give the instant with its offset from UTC")
    return at.astimezone(UTC)


def day(text: str, place: str) -> date:
    """Read a calendar day.

    Raises:
        Malformed: naming `place`, for anything else.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Malformed(place, "give a day such as 2026-03-29") from None


def code(text: str, place: str) -> str:
    """Return an id or a code as it is: nothing with a space in it, so that no words fit in.

    Raises:
        Malformed: naming `place`, for anything else.
    """
    if not _ID.fullmatch(text):
        raise Malformed(place, "give an id, an instant or a code of at most 80 characters")
    return text


def zone(text: str, place: str) -> str:
    """Return the name of a time zone; whether it exists is for `preferences.zones()` to say.

    Raises:
        Malformed: naming `place`, for what no zone is called.
    """
    if not _ZONE.fullmatch(text):
        raise Malformed(place, "give a name of the IANA database, such as Europe/London")
    return text


def number(text: str, place: str) -> int:
    """Read a whole number of at least 1.

    Raises:
        Malformed: naming `place`, for anything else.
    """
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise Malformed(place, "give a whole number from 1")
    return int(text)


_SPAN = {"plannedStart": instant, "plannedEnd": instant}

# What the extra of each type must hold, and in a second table what else it may.
_MUST: Mapping[str, Mapping[str, Reader]] = {
    CASE_OPENED: {"client": code, "timeZone": zone},
    CASE_CLOSED: {},
    SESSION_PLANNED: _SPAN,
    SESSION_MOVED: {"movedTo": code, **_SPAN},
    SESSION_CANCELLED: {},
    SESSION_RECORDED: {},
    MEASUREMENT_SUBMITTED: {"instrument": code},
    GOAL_PROPOSED: {"by": code},
    GOAL_ANSWERED: {"by": code},
    GOAL_RATED: {"by": code},
    GOAL_ENDED: {"by": code},
    COMMITMENT_MADE: {"owner": code},
    COMMITMENT_SETTLED: {},
    OCCASION_PLANNED: {"informant": code, "instrument": code},
    OCCASION_SETTLED: {},
    SIGNAL_RAISED: {"audience": code},
    SIGNAL_ACKNOWLEDGED: {},
    SIGNAL_HEARD: {},
    CARE_TEAM_JOINED: {"relation": code},
    CARE_TEAM_LEFT: {"relation": code},
    EMERGENCY_OPENED: {"by": code, "endsAt": instant},
    EMERGENCY_REVIEWED: {},
    PERSON_ERASED: {},
    DISCLOSURE_CHANGED: {},
    CONSENT_GIVEN: {"kind": code},
    CONSENT_WITHDRAWN: {"kind": code},
}
_MAY: Mapping[str, Mapping[str, Reader]] = {
    CASE_OPENED: {"intervalDays": number},
    SESSION_PLANNED: {"therapist": code},
    SESSION_MOVED: {"therapist": code},
    SESSION_RECORDED: {"outcome": code},
    MEASUREMENT_SUBMITTED: {"occasion": code},
    COMMITMENT_MADE: {"due": day},
    OCCASION_PLANNED: {"opensAt": instant, "dueAt": instant},
    SIGNAL_RAISED: {"about": code},
    CARE_TEAM_JOINED: {"endsAt": instant},
}
TYPES: Final = frozenset(_MUST)


def shape_of(kind: str) -> Mapping[str, Reader]:
    """Return the keys that the extra of a type can have, and how each is read."""
    return {**_MAY.get(kind, {}), **_MUST[kind]}


def parse(event: Mapping[str, Any]) -> Fact | Unknown:
    """Read one CloudEvent of the feed.

    Raises:
        Malformed: naming the attribute, for anything but what the feed promises.
    """
    if _text(event, "specversion") != "1.0":
        raise Malformed("specversion", "only CloudEvents 1.0 are read")
    found = code(_text(event, "id"), "id")
    kind = code(_text(event, "type"), "type")
    if kind not in TYPES:
        return Unknown(found, kind)
    data = _data(event)
    return Fact(
        id=found,
        type=kind,
        organisation=_organisation(event),
        case=None if kind == PERSON_ERASED else code(_text(data, "case", "data."), "data.case"),
        subject=code(_text(event, "subject"), "subject"),
        at=instant(_text(event, "time"), "time"),
        extra=_extra(data, kind),
        traceparent=_trace(event),
    )


def _organisation(event: Mapping[str, Any]) -> str:
    found = _SOURCE.fullmatch(_text(event, "source"))
    if found is None:
        raise Malformed("source", "give /organisations/ and an organisation's id")
    return found[1]


def _data(event: Mapping[str, Any]) -> Mapping[str, Any]:
    given = event.get("data")
    if not isinstance(given, Mapping):
        raise Malformed("data", "give an object")
    return given


def _extra(data: Mapping[str, Any], kind: str) -> Mapping[str, str]:
    """Return what is known of the data; a key that was added since is nobody's fault, and left."""
    for name in _MUST[kind]:
        if name not in data:
            raise Malformed(f"data.{name}", f"a fact of type {kind} has it")
    readers = shape_of(kind)
    kept = {name: _told(value, name) for name, value in data.items() if name in readers}
    for name, value in kept.items():
        readers[name](value, f"data.{name}")
    return MappingProxyType(kept)


def _told(value: object, name: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Malformed(f"data.{name}", "give a text or a whole number")
    return str(value)


def _trace(event: Mapping[str, Any]) -> str | None:
    """Return the trace, or none if it is not one: a broken trace is no reason to miss a fact."""
    given = event.get("traceparent")
    return given if isinstance(given, str) and _TRACE.fullmatch(given) else None


def _text(given: Mapping[str, Any], name: str, within: str = "") -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise Malformed(f"{within}{name}", "a CloudEvent of the feed has it, as text")
    return value
