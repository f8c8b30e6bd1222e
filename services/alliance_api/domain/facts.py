"""What happened, stated once: ids, instants and kinds, never what was said."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from alliance_api.domain.disclosure import Disclosure
from alliance_api.domain.instants import is_aware, rfc3339

SESSION_PLANNED: Final = "session.planned"
SESSION_MOVED: Final = "session.moved"
SESSION_CANCELLED: Final = "session.cancelled"
SESSION_RECORDED: Final = "session.recorded"
MEASUREMENT_SUBMITTED: Final = "measurement.submitted"
DISCLOSURE_CHANGED: Final = "disclosure.changed"
GOAL_PROPOSED: Final = "goal.proposed"
GOAL_ANSWERED: Final = "goal.answered"
GOAL_RATED: Final = "goal.rated"
GOAL_ENDED: Final = "goal.ended"
COMMITMENT_MADE: Final = "commitment.made"
COMMITMENT_SETTLED: Final = "commitment.settled"
OCCASION_PLANNED: Final = "occasion.planned"
SIGNAL_RAISED: Final = "signal.raised"
SIGNAL_ACKNOWLEDGED: Final = "signal.acknowledged"
SIGNAL_HEARD: Final = "signal.heard"
CARE_TEAM_JOINED: Final = "care_team.joined"
CARE_TEAM_LEFT: Final = "care_team.left"
CONSENT_GIVEN: Final = "consent.given"
CONSENT_WITHDRAWN: Final = "consent.withdrawn"
EMERGENCY_OPENED: Final = "emergency.opened"
EMERGENCY_REVIEWED: Final = "emergency.reviewed"
PERSON_ERASED: Final = "person.erased"

TYPES: Final = frozenset(
    {
        SESSION_PLANNED,
        SESSION_MOVED,
        SESSION_CANCELLED,
        SESSION_RECORDED,
        MEASUREMENT_SUBMITTED,
        DISCLOSURE_CHANGED,
        GOAL_PROPOSED,
        GOAL_ANSWERED,
        GOAL_RATED,
        GOAL_ENDED,
        COMMITMENT_MADE,
        COMMITMENT_SETTLED,
        OCCASION_PLANNED,
        SIGNAL_RAISED,
        SIGNAL_ACKNOWLEDGED,
        SIGNAL_HEARD,
        CARE_TEAM_JOINED,
        CARE_TEAM_LEFT,
        CONSENT_GIVEN,
        CONSENT_WITHDRAWN,
        EMERGENCY_OPENED,
        EMERGENCY_REVIEWED,
        PERSON_ERASED,
    }
)

# An id, an instant, a day or a code. Nothing with a space in it: words do not fit in here.
_WORDLESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._+-]{0,79}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened to `subject`, in `case` if in one, at an instant.

    `case` and `subject` are ids as text. `extra` is spelled as on the wire.

    Raises:
        ValueError: for an unknown type, an instant without an offset, or anything like prose.
    """

    type: str
    case: str | None
    subject: str
    at: datetime
    extra: Mapping[str, str]

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            raise ValueError("this type of fact is not known")
        if not is_aware(self.at):
            raise ValueError("a fact happens at an instant")
        told = (self.subject, *self.extra.values(), *([] if self.case is None else [self.case]))
        if not all(map(_WORDLESS.fullmatch, told)):
            raise ValueError("a fact carries ids, instants and kinds only")


def session_planned(
    case: str, session: str, at: datetime, *, planned_start: datetime, planned_end: datetime
) -> Fact:
    """State that a session was planned."""
    return Fact(SESSION_PLANNED, case, session, at, _span(planned_start, planned_end))


def session_moved(  # noqa: PLR0913 - both sessions, and when the new one is
    case: str,
    session: str,
    at: datetime,
    *,
    moved_to: str,
    planned_start: datetime,
    planned_end: datetime,
) -> Fact:
    """State that a session was moved: to which other session, and when that one is."""
    extra = {"movedTo": moved_to, **_span(planned_start, planned_end)}
    return Fact(SESSION_MOVED, case, session, at, extra)


def session_cancelled(case: str, session: str, at: datetime) -> Fact:
    """State that a session was called off; by whom and how late is attendance, to be read there."""
    return Fact(SESSION_CANCELLED, case, session, at, {})


def session_recorded(case: str, session: str, at: datetime) -> Fact:
    """State that a session's outcome was recorded, not which."""
    return Fact(SESSION_RECORDED, case, session, at, {})


def measurement_submitted(  # noqa: PLR0913 - what it is, and what decides whether it may be told
    case: str,
    measurement: str,
    at: datetime,
    *,
    disclosure: Disclosure,
    instrument: str,
    occasion: str | None = None,
) -> Fact | None:
    """State that a form was completed; None for a private one, which nobody else may know of."""
    if disclosure is Disclosure.PRIVATE:
        return None
    extra = {"instrument": instrument, **({"occasion": occasion} if occasion else {})}
    return Fact(MEASUREMENT_SUBMITTED, case, measurement, at, extra)


def disclosure_changed(
    case: str, measurement: str, at: datetime, *, before: Disclosure, after: Disclosure
) -> Fact | None:
    """State that others may now read more or less of a measurement, not what; None if the same.

    One that becomes private was known to others before, and they must drop what they hold of it.
    """
    if before is after:
        return None
    return Fact(DISCLOSURE_CHANGED, case, measurement, at, {})


def goal_proposed(case: str, goal: str, at: datetime, *, by: str) -> Fact:
    """State that a person (`by`, an id) proposed a goal."""
    return Fact(GOAL_PROPOSED, case, goal, at, {"by": by})


def goal_answered(case: str, goal: str, at: datetime, *, by: str) -> Fact:
    """State that a person answered a goal, not with which stance."""
    return Fact(GOAL_ANSWERED, case, goal, at, {"by": by})


def goal_rated(case: str, goal: str, at: datetime, *, by: str) -> Fact:
    """State that a person rated a goal, not how."""
    return Fact(GOAL_RATED, case, goal, at, {"by": by})


def goal_ended(case: str, goal: str, at: datetime, *, by: str) -> Fact:
    """State that a person ended a goal, not how far it was reached."""
    return Fact(GOAL_ENDED, case, goal, at, {"by": by})


def commitment_made(
    case: str, commitment: str, at: datetime, *, owner: str, due: date | None = None
) -> Fact:
    """State that a person (`owner`, an id) promised something, and by which day."""
    extra = {"owner": owner, **({"due": due.isoformat()} if due else {})}
    return Fact(COMMITMENT_MADE, case, commitment, at, extra)


def commitment_settled(case: str, commitment: str, at: datetime) -> Fact:
    """State that a commitment was settled, not how."""
    return Fact(COMMITMENT_SETTLED, case, commitment, at, {})


def occasion_planned(  # noqa: PLR0913 - who is asked for what by when
    case: str,
    occasion: str,
    at: datetime,
    *,
    informant: str,
    instrument: str,
    due_at: datetime | None = None,
) -> Fact:
    """State that a person (`informant`, an id) is asked for a form, and until when."""
    extra = {"informant": informant, "instrument": instrument}
    if due_at is not None:
        extra["dueAt"] = rfc3339(due_at)
    return Fact(OCCASION_PLANNED, case, occasion, at, extra)


def care_team_joined(case: str, person: str, at: datetime, *, relation: str) -> Fact:
    """State that a person took a place in a care team."""
    return Fact(CARE_TEAM_JOINED, case, person, at, {"relation": relation})


def care_team_left(case: str, person: str, at: datetime, *, relation: str) -> Fact:
    """State that a person left a care team."""
    return Fact(CARE_TEAM_LEFT, case, person, at, {"relation": relation})


def consent_given(case: str, consent: str, at: datetime, *, kind: str) -> Fact:
    """State that a consent of some kind is live."""
    return Fact(CONSENT_GIVEN, case, consent, at, {"kind": kind})


def consent_withdrawn(case: str, consent: str, at: datetime, *, kind: str) -> Fact:
    """State that a consent was withdrawn; whoever holds anything by it must stop."""
    return Fact(CONSENT_WITHDRAWN, case, consent, at, {"kind": kind})


def emergency_opened(
    case: str, emergency: str, at: datetime, *, by: str, ends_at: datetime
) -> Fact:
    """State that a clinician broke the glass, until when; not why."""
    return Fact(EMERGENCY_OPENED, case, emergency, at, {"by": by, "endsAt": rfc3339(ends_at)})


def emergency_reviewed(case: str, emergency: str, at: datetime) -> Fact:
    """State that a privacy officer has judged a broken glass, not how."""
    return Fact(EMERGENCY_REVIEWED, case, emergency, at, {})


def signal_raised(case: str, signal: str, at: datetime, *, kind: str, audience: str) -> Fact:
    """State that an audience sees a new signal, and of which kind.

    Raises:
        ValueError: for one that the client alone is told, which no reader of facts may know of.
    """
    if audience == "CLIENT":
        raise ValueError("what the client alone is told is no fact for others")
    return Fact(SIGNAL_RAISED, case, signal, at, {"kind": kind, "audience": audience})


def signal_acknowledged(case: str, signal: str, at: datetime) -> Fact:
    """State that a therapist took note of a signal."""
    return Fact(SIGNAL_ACKNOWLEDGED, case, signal, at, {})


def signal_heard(case: str, signal: str, at: datetime) -> Fact:
    """State that the client answered a signal, not how."""
    return Fact(SIGNAL_HEARD, case, signal, at, {})


def person_erased(person: str, at: datetime) -> Fact:
    """State that a person was erased: whoever holds anything of theirs must drop it."""
    return Fact(PERSON_ERASED, None, person, at, {})


def _span(planned_start: datetime, planned_end: datetime) -> dict[str, str]:
    return {"plannedStart": rfc3339(planned_start), "plannedEnd": rfc3339(planned_end)}
