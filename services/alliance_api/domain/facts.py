"""What happened, stated once: ids, instants and kinds, never what was said."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from alliance_api.domain import fact_types
from alliance_api.domain.disclosure import Disclosure
from alliance_api.domain.instants import is_aware, rfc3339

# An id, an instant, a day, a zone or a code. Nothing with a space in it: words do not fit in here.
_WORDLESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._+/-]{0,79}", re.ASCII)


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
    extra: Mapping[str, str | int]

    def __post_init__(self) -> None:
        if self.type not in fact_types.TYPES:
            raise ValueError("this type of fact is not known")
        if not is_aware(self.at):
            raise ValueError("a fact happens at an instant")
        told = (self.subject, *self.extra.values(), *([] if self.case is None else [self.case]))
        if not all(isinstance(each, int) or _WORDLESS.fullmatch(each) for each in told):
            raise ValueError("a fact carries ids, instants and kinds only")


def case_opened(
    case: str, at: datetime, *, client: str, time_zone: str, interval_days: int | None = None
) -> Fact:
    """State that a case of a client began, where its days are counted and how far apart they meet."""
    extra: dict[str, str | int] = {"client": client, "timeZone": time_zone}
    if interval_days is not None:
        extra["intervalDays"] = interval_days
    return Fact(fact_types.CASE_OPENED, case, case, at, extra)


def case_closed(case: str, at: datetime) -> Fact:
    """State that a case ended: nobody is reminded of anything in it any more."""
    return Fact(fact_types.CASE_CLOSED, case, case, at, {})


def session_planned(  # noqa: PLR0913 - when it is, and who leads it
    case: str,
    session: str,
    at: datetime,
    *,
    planned_start: datetime,
    planned_end: datetime,
    therapist: str,
) -> Fact:
    """State that a session was planned, and with which therapist."""
    extra = {"therapist": therapist, **_span(planned_start, planned_end)}
    return Fact(fact_types.SESSION_PLANNED, case, session, at, extra)


def session_moved(  # noqa: PLR0913 - both sessions, when the new one is and who leads it
    case: str,
    session: str,
    at: datetime,
    *,
    moved_to: str,
    planned_start: datetime,
    planned_end: datetime,
    therapist: str,
) -> Fact:
    """State that a session was moved: to which other session, and when that one is."""
    extra = {"movedTo": moved_to, "therapist": therapist, **_span(planned_start, planned_end)}
    return Fact(fact_types.SESSION_MOVED, case, session, at, extra)


def session_cancelled(case: str, session: str, at: datetime) -> Fact:
    """State that a session was called off; by whom and how late is attendance, to be read there."""
    return Fact(fact_types.SESSION_CANCELLED, case, session, at, {})


def session_recorded(case: str, session: str, at: datetime, *, outcome: str) -> Fact:
    """State whether a session took place (KEPT or MISSED); not who missed it, when or why.

    Whoever reads facts may follow up a session that did not take place, and blame nobody.
    """
    return Fact(fact_types.SESSION_RECORDED, case, session, at, {"outcome": outcome})


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
    return Fact(fact_types.MEASUREMENT_SUBMITTED, case, measurement, at, extra)


def disclosure_changed(
    case: str, measurement: str, at: datetime, *, before: Disclosure, after: Disclosure
) -> Fact | None:
    """State that others may now read more or less of a measurement, not what; None if the same.

    One that becomes private was known to others before, and they must drop what they hold of it.
    """
    if before is after:
        return None
    return Fact(fact_types.DISCLOSURE_CHANGED, case, measurement, at, {})


def goal_proposed(case: str, goal: str, at: datetime, *, by: str) -> Fact:
    """State that a person (`by`, an id) proposed a goal."""
    return Fact(fact_types.GOAL_PROPOSED, case, goal, at, {"by": by})


def goal_answered(case: str, goal: str, at: datetime, *, by: str) -> Fact:
    """State that a person answered a goal, not with which stance."""
    return Fact(fact_types.GOAL_ANSWERED, case, goal, at, {"by": by})


def goal_rated(case: str, goal: str, at: datetime, *, by: str) -> Fact:
    """State that a person rated a goal, not how."""
    return Fact(fact_types.GOAL_RATED, case, goal, at, {"by": by})


def goal_ended(case: str, goal: str, at: datetime, *, by: str) -> Fact:
    """State that a person ended a goal, not how far it was reached."""
    return Fact(fact_types.GOAL_ENDED, case, goal, at, {"by": by})


def commitment_made(
    case: str, commitment: str, at: datetime, *, owner: str, due: date | None = None
) -> Fact:
    """State that a person (`owner`, an id) promised something, and by which day."""
    extra = {"owner": owner, **({"due": due.isoformat()} if due else {})}
    return Fact(fact_types.COMMITMENT_MADE, case, commitment, at, extra)


def commitment_settled(case: str, commitment: str, at: datetime) -> Fact:
    """State that a commitment was settled, not how."""
    return Fact(fact_types.COMMITMENT_SETTLED, case, commitment, at, {})


def occasion_planned(  # noqa: PLR0913 - who is asked for what, from when and by when
    case: str,
    occasion: str,
    at: datetime,
    *,
    informant: str,
    instrument: str,
    opens_at: datetime,
    due_at: datetime,
) -> Fact:
    """State that a person (`informant`, an id) is asked for a form, from when and until when."""
    extra = {
        "informant": informant,
        "instrument": instrument,
        "opensAt": rfc3339(opens_at),
        "dueAt": rfc3339(due_at),
    }
    return Fact(fact_types.OCCASION_PLANNED, case, occasion, at, extra)


def occasion_settled(case: str, occasion: str, at: datetime) -> Fact:
    """State that nobody need be reminded of an occasion any more.

    Stated of private answers too, as whoever gave them would be reminded on and on: for the
    organisation's own notifier alone, which tells nobody (`charter.feed`).
    """
    return Fact(fact_types.OCCASION_SETTLED, case, occasion, at, {})


def care_team_joined(
    case: str, person: str, at: datetime, *, relation: str, ends_at: datetime | None = None
) -> Fact:
    """State that a person took a place in a care team, and when it ends if it does so by itself."""
    extra = {"relation": relation, **({"endsAt": rfc3339(ends_at)} if ends_at else {})}
    return Fact(fact_types.CARE_TEAM_JOINED, case, person, at, extra)


def care_team_left(case: str, person: str, at: datetime, *, relation: str) -> Fact:
    """State that a person left a care team."""
    return Fact(fact_types.CARE_TEAM_LEFT, case, person, at, {"relation": relation})


def consent_given(case: str, consent: str, at: datetime, *, kind: str) -> Fact:
    """State that a consent of some kind is live."""
    return Fact(fact_types.CONSENT_GIVEN, case, consent, at, {"kind": kind})


def consent_withdrawn(case: str, consent: str, at: datetime, *, kind: str) -> Fact:
    """State that a consent was withdrawn; whoever holds anything by it must stop."""
    return Fact(fact_types.CONSENT_WITHDRAWN, case, consent, at, {"kind": kind})


def emergency_opened(
    case: str, emergency: str, at: datetime, *, by: str, ends_at: datetime
) -> Fact:
    """State that a clinician broke the glass, until when; not why."""
    return Fact(
        fact_types.EMERGENCY_OPENED, case, emergency, at, {"by": by, "endsAt": rfc3339(ends_at)}
    )


def emergency_reviewed(case: str, emergency: str, at: datetime) -> Fact:
    """State that a privacy officer has judged a broken glass, not how."""
    return Fact(fact_types.EMERGENCY_REVIEWED, case, emergency, at, {})


def signal_raised(case: str, signal: str, at: datetime, *, audience: str, about: str) -> Fact:
    """State that something new waits for an audience, and not what.

    `about` is CASE, or THERAPIST where it is about the therapist's own reliability.

    Raises:
        ValueError: for one that the client alone is told, which no reader of facts may know of.
    """
    if audience == "CLIENT":
        raise ValueError("what the client alone is told is no fact for others")
    extra = {"audience": audience, "about": about}
    return Fact(fact_types.SIGNAL_RAISED, case, signal, at, extra)


def signal_acknowledged(case: str, signal: str, at: datetime) -> Fact:
    """State that a therapist took note of a signal."""
    return Fact(fact_types.SIGNAL_ACKNOWLEDGED, case, signal, at, {})


def signal_heard(case: str, signal: str, at: datetime) -> Fact:
    """State that the client answered a signal, not how."""
    return Fact(fact_types.SIGNAL_HEARD, case, signal, at, {})


def person_erased(person: str, at: datetime) -> Fact:
    """State that a person was erased: whoever holds anything of theirs must drop it."""
    return Fact(fact_types.PERSON_ERASED, None, person, at, {})


def _span(planned_start: datetime, planned_end: datetime) -> dict[str, str]:
    return {"plannedStart": rfc3339(planned_start), "plannedEnd": rfc3339(planned_end)}
