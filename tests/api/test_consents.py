"""Whose a consent is: a caregiver takes back what caregivers gave, and never what the client did."""

from __future__ import annotations

import psycopg
import pytest
import sqlalchemy.exc
from sqlalchemy import text

from tests.api.test_relations import a_parent, consent, join
from tests.people import Clinic, Person

NOT_YOURS = [("NOT_YOURS", "consent")]


def a_caregiver(clinic: Clinic, authority: str, *, client_is: int = 10) -> Person:
    parent = a_parent(clinic, client_is=client_is)
    assert join(clinic, parent, authority=authority) == []
    return parent


def is_live(clinic: Clinic) -> list[bool]:
    query = "query($id: ID!) { case(id: $id) { consents { live } } }"
    found = clinic.client.reads(query, id=clinic.case_id)["case"]["consents"]
    return [each["live"] for each in found]


@pytest.mark.parametrize("authority", ["PARENTAL", "INVITED"])
def test_a_caregiver_cannot_take_back_what_the_client_consented_to(
    clinic: Clinic, authority: str
) -> None:
    caregiver = a_caregiver(clinic, authority)
    given = consent(clinic.client, clinic, "SUPERVISION")
    assert caregiver.refused("withdrawConsent", consent=given["id"]) == NOT_YOURS
    assert is_live(clinic) == [True]


def test_an_invited_caregiver_cannot_take_back_what_a_parent_consented_to(clinic: Clinic) -> None:
    parent = a_caregiver(clinic, "PARENTAL")
    given = consent(parent, clinic, "SUPERVISION")
    friend = clinic.another_person("friend")
    assert join(clinic, friend, authority="INVITED") == []
    assert friend.refused("withdrawConsent", consent=given["id"]) == NOT_YOURS


def test_a_parent_takes_back_what_they_consented_to_though_the_child_assented(
    clinic: Clinic,
) -> None:
    parent = a_caregiver(clinic, "PARENTAL")
    given = consent(parent, clinic, "SUPERVISION")
    consent(clinic.client, clinic, "SUPERVISION")
    assert is_live(clinic) == [True]
    parent.done("withdrawConsent", "", consent=given["id"])
    assert is_live(clinic) == [False]


def test_nobody_assents_in_the_childs_place(clinic: Clinic) -> None:
    parent = a_caregiver(clinic, "PARENTAL")
    given = consent(parent, clinic, "SUPERVISION")
    again = consent(parent, clinic, "SUPERVISION")
    assert (again["id"], again["live"], again["assentedAt"]) == (given["id"], False, None)
    assert is_live(clinic) == [False]


def changes(clinic: Clinic, who: Person, values: str) -> int:
    """Change every consent that the law lets somebody change, by no verb; return how many."""

    async def change() -> int:
        async with clinic.house.database.write(who.principal) as tx:
            statement = f"UPDATE consents SET {values}".replace(":me", f"'{who.uuid}'")
            return (await tx.run(text(statement))).rowcount

    return clinic.house.run(change)


TAKEN_BACK = "withdrawn_at = now(), withdrawn_by = :me"


@pytest.mark.parametrize(
    "values",
    [
        "assented_at = now(), assented_by = :me",
        "assented_at = now(), withdrawn_by = :me",
        "withdrawn_by = :me",
    ],
)
def test_the_database_lets_no_parent_write_an_assent(clinic: Clinic, values: str) -> None:
    parent = a_caregiver(clinic, "PARENTAL")
    consent(parent, clinic, "SUPERVISION")
    with pytest.raises(sqlalchemy.exc.ProgrammingError) as refused:
        changes(clinic, parent, values)
    assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege)
    assert is_live(clinic) == [False]
    assert changes(clinic, clinic.client, "assented_at = now(), assented_by = :me") == 1
    assert is_live(clinic) == [True]


def test_the_database_lets_a_parent_take_back_what_caregivers_gave_in_their_own_name_once(
    clinic: Clinic,
) -> None:
    parent = a_caregiver(clinic, "PARENTAL")
    consent(parent, clinic, "SUPERVISION")
    consent(clinic.client, clinic, "RESEARCH")
    with pytest.raises(sqlalchemy.exc.ProgrammingError):
        changes(clinic, parent, f"withdrawn_at = now(), withdrawn_by = '{clinic.client.uuid}'")
    assert changes(clinic, parent, TAKEN_BACK) == 1, "not what the client gave"
    assert changes(clinic, parent, TAKEN_BACK) == 0
    assert changes(clinic, clinic.client, TAKEN_BACK) == 2
