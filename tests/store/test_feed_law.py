"""Who is told which fact, asked of the database with every office, relation and scope there is."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest

from alliance_api.charter import feed
from alliance_api.charter.principal import SETTINGS
from alliance_api.domain.fact_types import TYPES
from tests.people import FEED, Clinic, Person, a_clinic

# Said by hand, and not by the charter: what nobody is told, and what the notifier is told alone.
NOBODY = {
    "measurement.submitted",
    "disclosure.changed",
    "consent.given",
    "consent.withdrawn",
    "emergency.reviewed",
}
NOTIFIER_ALONE = {"occasion.settled", "emergency.opened"}
OF_NO_CASE = "person.erased"


def state_all(clinic: Clinic, case: UUID) -> None:
    for kind in sorted(TYPES):
        clinic.house.change(
            "INSERT INTO facts (organisation_id, type, case_id, subject_id) VALUES "
            "(%s, %s, %s, gen_random_uuid())",
            *(clinic.organisation, kind, None if kind == OF_NO_CASE else case),
        )


def seen(who: Person) -> set[tuple[str, UUID | None]]:
    with psycopg.connect(who.house.url) as connection:
        for name, value in zip(SETTINGS, who.principal.settings, strict=True):
            connection.execute("SELECT set_config(%s, %s, true)", [name, value])
        return set(connection.execute("SELECT type, case_id FROM facts").fetchall())


@pytest.fixture
def told_clinic(clinic: Clinic) -> Clinic:
    """Two cases, to one of which the EHR stands, with a fact of each type about each."""
    clinic.with_offices()
    clinic.notifier()
    other = clinic.another_case(clinic.another_person("another client"))
    state_all(clinic, clinic.case)
    state_all(clinic, other)
    elsewhere = a_clinic(clinic.house)
    state_all(elsewhere, elsewhere.case)
    return clinic


def test_each_is_told_what_the_oracle_says_and_nothing_more(told_clinic: Clinic) -> None:
    told = 0
    for who in told_clinic.people.values():
        for scope in ("", "user/*.cruds", "system/*.cruds", FEED, f"system/*.cruds {FEED}"):
            found = seen(who.can(scope))
            cases = {case for _, case in found} - {None}
            kinds = {kind for kind, _ in found}
            if FEED in scope and who.name == "notifier":
                assert kinds == TYPES - NOBODY
                assert len(cases) == 2
            elif FEED in scope and who.name == "ehr":
                assert kinds == TYPES - NOBODY - NOTIFIER_ALONE
                assert cases == {told_clinic.case}
            else:
                assert found == set(), (who.name, scope)
            told += len(found)
    assert told > 60


def test_nobody_writes_facts_but_the_engine(told_clinic: Clinic) -> None:
    who = told_clinic.notifier()
    with psycopg.connect(who.house.url) as connection:
        for name, value in zip(SETTINGS, who.principal.settings, strict=True):
            connection.execute("SELECT set_config(%s, %s, true)", [name, value])
        for statement in ("DELETE FROM facts", "UPDATE facts SET extra = '{}'"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(statement.encode())


def test_the_charter_names_every_type_once() -> None:
    assert feed.UNTOLD == NOBODY
    assert feed.TOLD[feed.NOTIFIER] - feed.TOLD[feed.EHR] == NOTIFIER_ALONE
    assert feed.TOLD[feed.EHR] <= feed.TOLD[feed.NOTIFIER]
