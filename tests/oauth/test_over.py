"""What is over is taken away, and ends with whoever it was about."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from alliance_api.oauth import once
from alliance_api.oauth.standing import fhir_kind
from alliance_api.store.transaction import Database
from tests.applications import register
from tests.house import House
from tests.people import Clinic

ERASE = """mutation ($person: ID!, $key: ID!) {
  erasePerson(input: { person: $person, idempotencyKey: $key }) { problems { code } } }"""

NAMES = "{ caseload { nodes { client { name } } } }"


def test_whoever_is_erased_takes_their_grants_along(house: House, clinic: Clinic) -> None:
    application = register(house)
    tokens = application.tokens(clinic.client)
    code = application.code(
        clinic.therapist, "launch/patient patient/*.rs offline_access", clinic.client.uuid
    )
    about = application.redeem(code).json()
    assert application.reads(tokens["access_token"]).status_code == 200
    officer = clinic.appoint("officer", "PRIVACY_OFFICER")
    told = officer.reads(ERASE, person=clinic.client.id, key="erase")
    assert told["erasePerson"]["problems"] == []
    for found in (tokens, about):
        assert application.refresh(found["refresh_token"]).json()["error"] == "invalid_grant"
    rows = house.rows("SELECT t::text FROM oauth.grants t WHERE client_id = %s", application.id)
    assert rows
    assert all("ERASED" in row and "fhir/Patient" not in row for (row,) in rows)


def test_what_is_over_is_taken_away_and_nothing_else(house: House, clinic: Clinic) -> None:
    application = register(house)
    kept = application.tokens(clinic.therapist)
    application.request()
    now = datetime.now(UTC)

    async def first(seconds: int) -> bool:
        until = now + timedelta(seconds=seconds)
        return await once.first(house.database, "tests", f"{application.id} {seconds}", until)

    assert house.run(first, -60)
    assert house.run(first, 3600)
    assert house.run(once.tidy, house.database, now) >= 1
    assert house.run(first, -60), "it was forgotten"
    assert not house.run(first, 3600)
    assert application.refresh(kept["refresh_token"]).status_code == 200
    house.run(once.tidy, house.database, now + timedelta(days=92))
    left = house.rows("SELECT 1 FROM oauth.grants WHERE client_id = %s", application.id)
    assert left == []


def test_the_ledger_tells_why_somebody_read(house: House, clinic: Clinic) -> None:
    application = register(house)
    for who, purpose in (
        (clinic.client, "PATRQT"),
        (clinic.therapist, "TREAT"),
        (clinic.caregiver, "FAMRQT"),
    ):
        token = application.tokens(who, "user/*.rs")["access_token"]
        assert application.reads(token, NAMES).status_code == 200
        [(found,)] = house.rows(
            "SELECT DISTINCT purpose FROM read_ledger WHERE person_id = %s AND application = %s",
            who.uuid,
            application.id,
        )
        assert found == purpose


def test_an_office_that_ended_makes_nobody_a_practitioner(house: House, clinic: Clinic) -> None:
    house.change(
        "INSERT INTO staff (organisation_id, person_id, role, starts_at, ends_at) "
        "VALUES (%s, %s, 'CLINICIAN', now() - interval '2 days', now() - interval '1 day')",
        clinic.organisation,
        clinic.caregiver.uuid,
    )
    kind = house.run(fhir_kind, house.database, clinic.organisation, clinic.caregiver.uuid)
    assert kind == "RelatedPerson"


def test_a_name_is_taken_once_and_whoever_reads_next_is_nobody_else(
    house: House, clinic: Clinic
) -> None:
    async def take() -> tuple[list[bool], bytes]:
        database = Database(house.url, size=1)
        await database.open()
        until = datetime.now(UTC) + timedelta(minutes=1)
        name = uuid4().hex
        found = await asyncio.gather(
            *(once.first(database, "dpop", name, until) for _ in range(20))
        )
        # On the one connection there is, which was the desk's a moment ago.
        who = await database.look(clinic.therapist.principal, "SELECT current_user::text", [])
        await database.close()
        return list(found), who

    taken, who = house.run(take)
    assert sorted(taken) == [False] * 19 + [True]
    assert who == b"alliance_api"
