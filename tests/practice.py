"""A practice with many clients, who were heard in a quarter that is over: for figures about many.

    a_practice(clinic, a1=8, a2=9, b1=11)

Therapists are named by their team and a number. What is said is said through the product's own
verbs, in the last closed quarter or the one before it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from alliance_api.charter.principal import house_of
from alliance_api.domain.disclosure import Disclosure
from alliance_api.domain.ids import Kind, format_id
from alliance_api.domain.periods import Period, last_closed
from alliance_api.domain.scoring import GivenAnswer
from alliance_api.store import seed
from alliance_api.usecases import aggregates, measurements
from tests.people import Clinic, Person

FORM, ITEMS = "alliance-check-in", 5
Q4 = last_closed(datetime.now(UTC))
Q3 = last_closed(Q4.starts_at + timedelta(days=1))


@dataclass
class Practice:
    """Therapists with their clients and cases."""

    clinic: Clinic
    therapists: dict[str, Person] = field(default_factory=dict)
    clients: dict[str, list[tuple[Person, UUID]]] = field(default_factory=dict)
    teams: dict[str, str] = field(default_factory=dict)

    def admit(self, therapist: str, count: int = 1) -> list[tuple[Person, UUID]]:
        """Give a therapist new clients; return them with their cases."""
        new = []
        for _ in range(count):
            client = self.clinic.another_person(f"client {len(self.clinic.people)}")
            case = self.clinic.another_case(client, {self.therapists[therapist]: "THERAPIST"})
            new.append((client, case))
        self.clients[therapist] += new
        return new

    @property
    def everybody(self) -> list[tuple[Person, UUID]]:
        """Every client with their case."""
        return [each for found in self.clients.values() for each in found]

    def says(
        self,
        who: Sequence[tuple[Person, UUID]] | None = None,
        *,
        value: Callable[[int], float] = lambda index: index % 4,
        period: Period = Q4,
        disclosure: Disclosure = Disclosure.SHARED,
        form: tuple[str, int] = (FORM, ITEMS),
    ) -> None:
        """Let clients fill in a form in the middle of a period; every item alike."""
        at = period.starts_at + timedelta(days=40)
        for index, (client, case) in enumerate(self.everybody if who is None else who):
            self.clinic.house.run(_submitted, client, case, at, value(index), disclosure, form)

    def publishes(self, period: Period = Q4, now: datetime | None = None) -> int:
        """Publish a period's figures; return how many cells."""
        return self.clinic.house.run(_published, self.clinic, period, now or datetime.now(UTC))


def a_practice(clinic: Clinic, **sizes: int) -> Practice:
    """Return a practice with so many clients of each therapist."""
    found = Practice(clinic)
    for name, size in sizes.items():
        found.therapists[name] = clinic.another_person(f"therapist {name}")
        found.clients[name] = []
        team = found.teams.get(name[0]) or _team(clinic, name[0])
        found.teams[name[0]] = team
        clinic.house.change(
            "INSERT INTO team_members (organisation_id, team_id, person_id, starts_at) "
            "VALUES (%s, %s, %s, %s)",
            clinic.organisation,
            team[-36:],
            found.therapists[name].uuid,
            seed.ALWAYS,
        )
        found.admit(name, size)
    return found


def _team(clinic: Clinic, name: str) -> str:
    [(made,)] = clinic.house.rows(
        "INSERT INTO teams (organisation_id, name) VALUES (%s, %s) RETURNING id",
        clinic.organisation,
        f"Team {name}",
    )
    return format_id(Kind.TEAM, made)


async def _submitted(
    client: Person,
    case: UUID,
    at: datetime,
    value: float,
    disclosure: Disclosure,
    form: tuple[str, int],
) -> UUID:
    code, items = form
    async with client.house.database.write(client.principal) as tx:
        given: dict[str, Any] = {"session": None, "occasion": None, "comment": None}
        return await measurements.submit(
            tx,
            at,
            case=case,
            instrument=code,
            answers=[GivenAnswer(number, value) for number in range(1, items + 1)],
            disclosure=disclosure,
            to_caregivers=False,
            **given,
        )


async def _published(clinic: Clinic, period: Period, now: datetime) -> int:
    async with clinic.house.database.write(house_of(clinic.organisation)) as tx:
        return await aggregates.publish(tx, now, period)
