"""Opening and closing cases, and who is in their care teams."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import strawberry

from alliance_api.store.transaction import Transaction
from alliance_api.usecases import care_team, cases

from ..types.cases import Authority, CareRelation, Case
from .core import ref, verb


@strawberry.input
class OpenCaseInput:
    """A client, a therapist, and the zone in which they live."""

    idempotency_key: strawberry.ID
    client: strawberry.ID
    therapist: strawberry.ID
    time_zone: str = strawberry.field(description="IANA name, for example Europe/Berlin.")
    interval_days: int | None = strawberry.field(
        default=None, description="Days between sessions as planned; null for no fixed rhythm."
    )
    jurisdiction: str | None = strawberry.field(
        default=None,
        description="Whose law says when a parent's authority ends, for example US-WA.",
    )
    part2: bool = strawberry.field(
        default=False, description="Care by a substance use programme under 42 CFR Part 2."
    )


@verb(
    reads=("EpisodeOfCare", "CareTeam"),
    writes=("EpisodeOfCare.c", "CareTeam.c"),
    changes=("case", Case),
    codes=("UNKNOWN_TIME_ZONE", "INTERVAL_OUT_OF_RANGE", "UNKNOWN_JURISDICTION"),
)
async def open_case(tx: Transaction, now: datetime, given: OpenCaseInput) -> UUID:
    """Open a case."""
    return await cases.open_case(
        tx,
        now,
        client=ref("person", given.client, "client"),
        therapist=ref("person", given.therapist, "therapist"),
        time_zone=given.time_zone,
        interval_days=given.interval_days,
        jurisdiction=given.jurisdiction,
        part2=given.part2,
    )


@strawberry.input
class CloseCaseInput:
    """Which case ends, and on which day."""

    idempotency_key: strawberry.ID
    case: strawberry.ID
    closed_on: date | None = strawberry.field(
        default=None,
        description="The day on which care ended, in the zone of the case; today if left out.",
    )


@verb(
    # Planned sessions fall with their case, and one that was held tells when it cannot have ended.
    reads=("EpisodeOfCare", "Appointment", "Encounter"),
    writes=("EpisodeOfCare.u", "Appointment.u"),
    changes=("case", Case),
    codes=("ALREADY_CLOSED", "CLOSED_BEFORE_OPENED", "IN_THE_FUTURE", "HELD_AFTER_CLOSING"),
)
async def close_case(tx: Transaction, now: datetime, given: CloseCaseInput) -> UUID:
    """Close a case for good: its later sessions are called off, on behalf of neither party."""
    return await cases.close_case(
        tx, now, case=ref("case", given.case, "case"), closed_on=given.closed_on
    )


@strawberry.input
class JoinCareTeamInput:
    """Who takes which place in a care team; a caregiver's rests on something, and may end."""

    idempotency_key: strawberry.ID
    case: strawberry.ID
    person: strawberry.ID
    relation: CareRelation
    authority: Authority | None = None
    until: datetime | None = None


@verb(
    reads=("EpisodeOfCare", "CareTeam"),
    writes=("CareTeam.c",),
    changes=("case", Case),
    codes=(
        "ALREADY_A_MEMBER",
        "AUTHORITY_REQUIRED",
        "AUTHORITY_NOT_ALLOWED",
        "AUTHORITY_LAPSED",
        "BIRTH_DATE_REQUIRED",
        "UNTIL_REQUIRED",
        "UNTIL_IN_THE_PAST",
    ),
)
async def join_care_team(tx: Transaction, now: datetime, given: JoinCareTeamInput) -> UUID:
    """Give somebody a place in a care team."""
    return await care_team.join(
        tx,
        now,
        case=ref("case", given.case, "case"),
        person=ref("person", given.person, "person"),
        relation=given.relation.value,
        authority=given.authority.value if given.authority else None,
        until=given.until,
    )


@strawberry.input
class LeaveCareTeamInput:
    """Whose place in a care team ends now."""

    idempotency_key: strawberry.ID
    case: strawberry.ID
    person: strawberry.ID
    relation: CareRelation


@verb(
    reads=("EpisodeOfCare", "CareTeam"),
    writes=("CareTeam.u",),
    changes=("case", Case),
)
async def leave_care_team(tx: Transaction, now: datetime, given: LeaveCareTeamInput) -> UUID:
    """End somebody's place in a care team, effective at once."""
    return await care_team.leave(
        tx,
        now,
        case=ref("case", given.case, "case"),
        person=ref("person", given.person, "person"),
        relation=given.relation.value,
    )
