"""What a new organisation begins with. Needs a connection that is above the law: a superuser's.

Used by the demo, the tests and the benchmarks; an operator's way in is a later issue.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, insert, update

from alliance_api.domain.instruments import Instrument
from alliance_api.instruments.loader import load_all

from .rows import new_id
from .tables import (
    care_team,
    cases,
    consents,
    identities,
    instrument_items,
    instrument_scales,
    instruments,
    organisations,
    people,
    staff,
    standing,
)

ALWAYS = datetime(2020, 1, 1, tzinfo=UTC)


def _add(connection: Connection, table: Table, **values: Any) -> None:
    connection.execute(insert(table).values(**values))


def organisation(connection: Connection, name: str) -> UUID:
    """Insert an organisation with every shipped instrument."""
    made = new_id()
    _add(connection, organisations, organisation_id=made, name=name)
    for instrument in load_all().values():
        _instrument(connection, made, instrument)
    return made


def _instrument(connection: Connection, organisation_id: UUID, found: Instrument) -> None:
    made = new_id()
    _add(
        connection,
        instruments,
        organisation_id=organisation_id,
        id=made,
        code=found.code,
        version=found.version,
        name=found.name,
        informant=found.informant.value,
        language=found.language,
        licence=found.licence.id,
        permission_required=found.licence.permission_required,
        verified=found.verified,
        validated=found.validated,
        constructs=sorted(found.constructs),
    )
    shared = {"organisation_id": organisation_id, "instrument_id": made}
    items = {item.number: item for item in found.items}
    for item in found.items:
        _add(
            connection,
            instrument_items,
            **shared,
            number=item.number,
            key=item.key,
            minimum=item.minimum,
            maximum=item.maximum,
            step=item.step,
            wording=item.wording,
        )
    for scale in found.scales:
        _add(
            connection,
            instrument_scales,
            **shared,
            key=scale.key,
            constructs=sorted(scale.constructs),
            items=list(scale.items),
            reversed=list(scale.reversed),
            minimum=sum(items[number].minimum for number in scale.items),
            maximum=sum(items[number].maximum for number in scale.items),
            verified=scale.verified,
        )


def person(  # noqa: PLR0913  (the columns of a row)
    connection: Connection,
    organisation_id: UUID,
    name: str,
    *,
    birth_date: date | None = None,
    language: str = "en",
    manager: bool = False,
) -> UUID:
    """Insert a person, with an identity, and a manager's place in the organisation if they are."""
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
    if manager:
        _add(
            connection,
            staff,
            organisation_id=organisation_id,
            person_id=made,
            role="MANAGER",
            starts_at=ALWAYS,
        )
    return made


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
