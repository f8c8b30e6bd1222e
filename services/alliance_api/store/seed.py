"""What a new organisation begins with. Needs a connection that is above the law: a superuser's.

Used by the demo, the tests and the benchmarks; an operator's way in is a later issue.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, insert, select, update

from .instruments import forms_of, sync
from .packs import permit
from .rows import new_id
from .tables import (
    care_team,
    cases,
    consents,
    identities,
    organisations,
    people,
    staff,
    standing,
)

ALWAYS = datetime(2020, 1, 1, tzinfo=UTC)


def _add(connection: Connection, table: Table, **values: Any) -> None:
    connection.execute(insert(table).values(**values))


# What stands where a real clinic would state its permission; nobody has given any.
DEMONSTRATION = "Demonstration only: the people are made up, and nobody has given a permission."


def organisation(connection: Connection, name: str, *, permitted: str | None = None) -> UUID:
    """Insert an organisation with every shipped instrument.

    `permitted` states by what right it uses those that need a permission; None: by none.
    """
    made = new_id()
    _add(connection, organisations, organisation_id=made, name=name)
    sync(connection, made)
    if permitted is not None:
        forms = forms_of(connection, made).values()
        waiting = [form for form in forms if form["permission_required"]]
        permit(connection, made, waiting, permitted, datetime.now(UTC).replace(microsecond=0))
    return made


def person(  # noqa: PLR0913  (the columns of a row)
    connection: Connection,
    organisation_id: UUID,
    name: str,
    *,
    birth_date: date | None = None,
    language: str = "en",
    manager: bool = False,
    office: str | None = None,
) -> UUID:
    """Insert a person, with an identity, and their office in the organisation if they hold one."""
    made = new_id()
    _add(connection, people, organisation_id=organisation_id, id=made)
    _add(
        connection,
        identities,
        organisation_id=organisation_id,
        person_id=made,
        name=name,
        birth_date=birth_date,
        language=language,
    )
    held = "MANAGER" if manager else office
    if held is not None:
        _add(
            connection,
            staff,
            organisation_id=organisation_id,
            person_id=made,
            role=held,
            starts_at=ALWAYS,
        )
    return made


def appoint(connection: Connection, organisation_id: UUID, person_id: UUID, office: str) -> None:
    """Let a person, or a system, hold an office of the organisation."""
    values = {"organisation_id": organisation_id, "person_id": person_id, "role": office}
    _add(connection, staff, **values, starts_at=ALWAYS)


def case(
    connection: Connection,
    organisation_id: UUID,
    client: UUID,
    members: Mapping[UUID, str],
    **values: Any,
) -> UUID:
    """Insert a case; `members` are person -> THERAPIST, SUPERVISOR or CAREGIVER."""
    made = new_id()
    defaults = {"opened_on": date(2026, 1, 5), "time_zone": "Europe/Berlin", "interval_days": 7}
    _add(
        connection,
        cases,
        organisation_id=organisation_id,
        id=made,
        client_id=client,
        **{**defaults, **values},
    )
    stand(connection, organisation_id, made, client, client, "CLIENT")
    for member, relation in members.items():
        join(connection, organisation_id, made, client, member, relation)
    return made


def join(  # noqa: PLR0913  (the columns of a row)
    connection: Connection,
    organisation_id: UUID,
    case_id: UUID,
    client: UUID,
    member: UUID,
    relation: str,
    *,
    ends_at: datetime | None = None,
) -> None:
    """Insert a member of a care team, and how they stand to the case."""
    _add(
        connection,
        care_team,
        organisation_id=organisation_id,
        case_id=case_id,
        person_id=member,
        relation=relation,
        starts_at=ALWAYS,
        ends_at=ends_at,
    )
    stand(connection, organisation_id, case_id, client, member, relation, ends_at=ends_at)


def stand(  # noqa: PLR0913  (the columns of a row)
    connection: Connection,
    organisation_id: UUID,
    case_id: UUID,
    client: UUID,
    member: UUID,
    relation: str,
    *,
    ends_at: datetime | None = None,
) -> None:
    """Insert how a person stands to a case."""
    part2 = select(cases.c.part2).where(
        cases.c.organisation_id == organisation_id, cases.c.id == case_id
    )
    _add(
        connection,
        standing,
        organisation_id=organisation_id,
        person_id=member,
        relation=relation,
        case_id=case_id,
        client_id=client,
        starts_at=ALWAYS,
        ends_at=ends_at,
        part2=part2.scalar_subquery(),
    )


def consent_to_supervision(
    connection: Connection, organisation_id: UUID, case_id: UUID, client: UUID
) -> None:
    """Insert a client's consent, and let the supervisors of the case stand to it so."""
    _add(
        connection,
        consents,
        organisation_id=organisation_id,
        case_id=case_id,
        kind="SUPERVISION",
        given_by=client,
        given_at=datetime.now(UTC) - timedelta(minutes=1),
    )
    connection.execute(
        update(standing)
        .where(
            standing.c.organisation_id == organisation_id,
            standing.c.case_id == case_id,
            standing.c.relation == "SUPERVISOR",
        )
        .values(consented=True)
    )
