"""The types of facts: what can happen that others are told of."""

from typing import Final

CASE_OPENED: Final = "case.opened"
CASE_CLOSED: Final = "case.closed"
CARE_TEAM_JOINED: Final = "care_team.joined"
CARE_TEAM_LEFT: Final = "care_team.left"
SESSION_PLANNED: Final = "session.planned"
SESSION_MOVED: Final = "session.moved"
SESSION_CANCELLED: Final = "session.cancelled"
SESSION_RECORDED: Final = "session.recorded"
OCCASION_PLANNED: Final = "occasion.planned"
OCCASION_SETTLED: Final = "occasion.settled"
MEASUREMENT_SUBMITTED: Final = "measurement.submitted"
DISCLOSURE_CHANGED: Final = "disclosure.changed"
GOAL_PROPOSED: Final = "goal.proposed"
GOAL_ANSWERED: Final = "goal.answered"
GOAL_RATED: Final = "goal.rated"
GOAL_ENDED: Final = "goal.ended"
COMMITMENT_MADE: Final = "commitment.made"
COMMITMENT_SETTLED: Final = "commitment.settled"
SIGNAL_RAISED: Final = "signal.raised"
SIGNAL_ACKNOWLEDGED: Final = "signal.acknowledged"
SIGNAL_HEARD: Final = "signal.heard"
CONSENT_GIVEN: Final = "consent.given"
CONSENT_WITHDRAWN: Final = "consent.withdrawn"
EMERGENCY_OPENED: Final = "emergency.opened"
EMERGENCY_REVIEWED: Final = "emergency.reviewed"
PERSON_ERASED: Final = "person.erased"

TYPES: Final = frozenset(
    {
        CASE_OPENED,
        CASE_CLOSED,
        CARE_TEAM_JOINED,
        CARE_TEAM_LEFT,
        SESSION_PLANNED,
        SESSION_MOVED,
        SESSION_CANCELLED,
        SESSION_RECORDED,
        OCCASION_PLANNED,
        OCCASION_SETTLED,
        MEASUREMENT_SUBMITTED,
        DISCLOSURE_CHANGED,
        GOAL_PROPOSED,
        GOAL_ANSWERED,
        GOAL_RATED,
        GOAL_ENDED,
        COMMITMENT_MADE,
        COMMITMENT_SETTLED,
        SIGNAL_RAISED,
        SIGNAL_ACKNOWLEDGED,
        SIGNAL_HEARD,
        CONSENT_GIVEN,
        CONSENT_WITHDRAWN,
        EMERGENCY_OPENED,
        EMERGENCY_REVIEWED,
        PERSON_ERASED,
    }
)
