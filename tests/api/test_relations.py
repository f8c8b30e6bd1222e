"""Everybody else who may stand to a case: caregivers, EHR, broken glass, researchers, officers."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alliance_api.charter.principal import house_of
from alliance_api.domain.ages import birthday
from alliance_api.usecases import research
from tests.builders import DAY, HOUR, a_case, instant, now
from tests.house import EVERYTHING
from tests.people import Clinic, Person

CASE = "query($id: ID!) { case(id: $id) { id } }"
SCORES = (
    "query($id: ID!) { case(id: $id) { measurements(first: 50) { nodes { scores { pomp } "
    "answers { value } comment } } } }"
)
EMERGENCY = f"{EVERYTHING} break_glass"


def sees(person: Person, clinic: Clinic) -> bool:
    return person.reads(CASE, id=clinic.case_id)["case"] is not None


def scores(person: Person, clinic: Clinic) -> list[Any]:
    found = person.reads(SCORES, id=clinic.case_id)["case"]
    nodes = found["measurements"]["nodes"] if found else []
    return [node["scores"] for node in nodes if node["scores"] is not None]


# --- Caregivers -----------------------------------------------------------------------------


def a_parent(clinic: Clinic, *, client_is: int, zone: str = "America/Los_Angeles") -> Person:
    """Return somebody who is not in the team yet, of a client so old today, where she lives."""
    today = datetime.now(ZoneInfo(zone)).date()
    born = birthday(today, -client_is)
    clinic.house.change(
        "UPDATE identities SET birth_date = %s WHERE person_id = %s", born, clinic.client.uuid
    )
    clinic.house.change(
        "UPDATE cases SET time_zone = %s, jurisdiction = 'US-PA' WHERE id = %s", zone, clinic.case
    )
    return clinic.another_person("parent")


def join(clinic: Clinic, parent: Person, **given: Any) -> list[tuple[str, str | None]]:
    payload = clinic.manager.does(
        "joinCareTeam",
        "",
        case=clinic.case_id,
        person=parent.id,
        relation="CAREGIVER",
        **given,
    ).data["joinCareTeam"]
    return [(problem["code"], problem["field"]) for problem in payload["problems"]]


def test_a_parents_place_ends_at_midnight_of_the_birthday_where_the_client_lives(
    clinic: Clinic,
) -> None:
    parent = a_parent(clinic, client_is=10)
    assert join(clinic, parent, authority="PARENTAL") == []
    [(born,)] = clinic.rows(
        "SELECT birth_date FROM identities WHERE organisation_id = %s AND person_id = %s",
        clinic.client.uuid,
    )
    [(ends,)] = clinic.rows(
        "SELECT ends_at FROM standing WHERE organisation_id = %s AND person_id = %s", parent.uuid
    )
    # No row of the table is verified: the most protective age of it holds.
    local = datetime.combine(birthday(born, 12), time.min, ZoneInfo("America/Los_Angeles"))
    assert ends == local.astimezone(UTC)


def test_before_midnight_a_parent_sees_and_after_it_does_not(clinic: Clinic) -> None:
    parent = a_parent(clinic, client_is=10)
    assert join(clinic, parent, authority="PARENTAL") == []
    assert sees(parent, clinic)
    clinic.house.change(
        "UPDATE standing SET ends_at = now() + interval '2 seconds' WHERE person_id = %s",
        parent.uuid,
    )
    assert sees(parent, clinic)
    clinic.house.change("UPDATE standing SET ends_at = now() WHERE person_id = %s", parent.uuid)
    assert not sees(parent, clinic)


def test_who_is_old_enough_is_not_represented_but_may_invite(clinic: Clinic) -> None:
    parent = a_parent(clinic, client_is=15)
    assert join(clinic, parent, authority="PARENTAL") == [("AUTHORITY_LAPSED", "authority")]
    assert not sees(parent, clinic)
    assert join(clinic, parent, authority="INVITED") == []
    assert sees(parent, clinic)
    clinic.client.done(
        "leaveCareTeam", "", case=clinic.case_id, person=parent.id, relation="CAREGIVER"
    )
    assert not sees(parent, clinic)


def test_a_client_cannot_end_a_therapists_place(clinic: Clinic) -> None:
    refused = clinic.client.refused(
        "leaveCareTeam", case=clinic.case_id, person=clinic.therapist.id, relation="THERAPIST"
    )
    assert refused == [("NOT_FOUND", "person")]
    assert sees(clinic.therapist, clinic)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({}, ("AUTHORITY_REQUIRED", "authority")),
        ({"authority": "COURT"}, ("UNTIL_REQUIRED", "until")),
        (
            {"authority": "COURT", "until": instant(now() - HOUR)},
            ("UNTIL_IN_THE_PAST", "until"),
        ),
    ],
)
def test_a_place_rests_on_something_and_ends(
    clinic: Clinic, given: dict[str, str], problem: tuple[str, str]
) -> None:
    parent = a_parent(clinic, client_is=10)
    assert join(clinic, parent, **given) == [problem]


def test_without_a_birth_date_nobody_is_admitted_as_a_parent(clinic: Clinic) -> None:
    parent = a_parent(clinic, client_is=10)
    clinic.house.change(
        "UPDATE identities SET birth_date = NULL WHERE person_id = %s", clinic.client.uuid
    )
    assert join(clinic, parent, authority="PARENTAL") == [("BIRTH_DATE_REQUIRED", "authority")]


def test_who_left_a_team_sees_nothing_at_once(clinic: Clinic) -> None:
    assert sees(clinic.supervisor, clinic)
    clinic.manager.done(
        "leaveCareTeam", "", case=clinic.case_id, person=clinic.supervisor.id, relation="SUPERVISOR"
    )
    assert not sees(clinic.supervisor, clinic)


# --- Consents -------------------------------------------------------------------------------


def consent(person: Person, clinic: Clinic, kind: str) -> dict[str, Any]:
    return person.done("giveConsent", "live givenRole assentedAt", case=clinic.case_id, kind=kind)


def test_supervision_opens_with_a_consent_and_closes_when_it_is_withdrawn(clinic: Clinic) -> None:
    a_case(clinic).with_sessions("k").with_ratings(client="3")
    assert scores(clinic.supervisor, clinic) == []
    given = consent(clinic.client, clinic, "SUPERVISION")
    assert given["live"] is True
    assert len(scores(clinic.supervisor, clinic)) == 1
    clinic.client.done("withdrawConsent", "", consent=given["id"])
    assert scores(clinic.supervisor, clinic) == []


def test_an_ehr_reads_what_was_disclosed_while_the_client_consents(clinic: Clinic) -> None:
    a_case(clinic).with_sessions("k").with_ratings(client="3")
    system = clinic.appoint("ehr", "EHR")
    assert not sees(system, clinic)
    given = consent(clinic.client, clinic, "EHR")
    assert len(scores(system, clinic)) == 1
    clinic.client.done("withdrawConsent", "", consent=given["id"])
    assert not sees(system, clinic)
    again = consent(clinic.client, clinic, "EHR")
    assert again["id"] != given["id"]
    assert sees(system, clinic)


def test_a_caregivers_consent_is_nothing_without_the_young_clients_assent(clinic: Clinic) -> None:
    a_case(clinic).with_sessions("k").with_ratings(client="3")
    parent = a_parent(clinic, client_is=10)
    assert join(clinic, parent, authority="PARENTAL") == []
    waiting = consent(parent, clinic, "SUPERVISION")
    assert (waiting["live"], waiting["givenRole"]) == (False, "CAREGIVER")
    assert scores(clinic.supervisor, clinic) == []
    assented = consent(clinic.client, clinic, "SUPERVISION")
    assert (assented["id"], assented["live"]) == (waiting["id"], True)
    assert len(scores(clinic.supervisor, clinic)) == 1
    clinic.client.done("withdrawConsent", "", consent=waiting["id"])
    assert scores(clinic.supervisor, clinic) == []


def test_an_invited_caregiver_cannot_consent_for_anybody(clinic: Clinic) -> None:
    friend = a_parent(clinic, client_is=10)
    assert join(clinic, friend, authority="INVITED") == []
    assert friend.refused("giveConsent", case=clinic.case_id, kind="EHR") == [("NOT_YOURS", "case")]


# --- Broken glass ---------------------------------------------------------------------------


def test_a_clinician_breaks_the_glass_and_everybody_who_must_know_is_told(clinic: Clinic) -> None:
    a_case(clinic).with_sessions("k").with_ratings(client="3")
    clinician = clinic.appoint("clinician", "CLINICIAN").can(EMERGENCY)
    officer = clinic.appoint("officer", "PRIVACY_OFFICER")
    assert not sees(clinician, clinic)
    made = clinician.done(
        "breakGlass", "reason endsAt openedAt", case=clinic.case_id, reason="On call tonight"
    )
    span = datetime.fromisoformat(made["endsAt"]) - datetime.fromisoformat(made["openedAt"])
    assert span == timedelta(minutes=60)
    assert len(scores(clinician, clinic)) == 1
    query = "query($id: ID!) { case(id: $id) { emergencies { id reason by { name } } } }"
    [told] = clinic.client.reads(query, id=clinic.case_id)["case"]["emergencies"]
    assert (told["id"], told["reason"]) == (made["id"], "On call tonight")
    listed = officer.reads("{ organisation { emergencies { nodes { id reason } } } }")
    assert [node["id"] for node in listed["organisation"]["emergencies"]["nodes"]] == [made["id"]]
    facts = clinic.rows("SELECT type, extra FROM facts WHERE organisation_id = %s")
    [extra] = [extra for kind, extra in facts if kind == "emergency.opened"]
    assert set(extra) == {"by", "endsAt"}


def test_after_an_hour_the_glass_is_whole_again(clinic: Clinic) -> None:
    clinician = clinic.appoint("clinician", "CLINICIAN").can(EMERGENCY)
    clinician.done("breakGlass", "", case=clinic.case_id, reason="On call")
    assert sees(clinician, clinic)
    clinic.house.change(
        "UPDATE standing SET starts_at = now() - interval '61 minutes', ends_at = now() - "
        "interval '1 minute' WHERE person_id = %s",
        clinician.uuid,
    )
    assert not sees(clinician, clinic)


@pytest.mark.parametrize("scope", [EVERYTHING, "user/*.cruds feed.read"])
def test_breaking_the_glass_needs_its_own_scope(clinic: Clinic, scope: str) -> None:
    clinician = clinic.appoint("clinician", "CLINICIAN").can(scope)
    assert clinician.refused("breakGlass", case=clinic.case_id, reason="x")[0][0] == "SCOPE_MISSING"


def test_only_clinicians_break_glass(clinic: Clinic) -> None:
    for person in (clinic.stranger, clinic.manager, clinic.appoint("officer", "PRIVACY_OFFICER")):
        refused = person.can(EMERGENCY).refused("breakGlass", case=clinic.case_id, reason="x")
        assert refused[0][0] == "NOT_A_CLINICIAN"


def test_an_officer_judges_once_and_never_their_own(clinic: Clinic) -> None:
    clinician = clinic.appoint("clinician", "CLINICIAN").can(EMERGENCY)
    officer = clinic.appoint("officer", "PRIVACY_OFFICER")
    made = clinician.done("breakGlass", "", case=clinic.case_id, reason="On call")
    judged = officer.done(
        "reviewEmergency", "review { verdict at }", emergency=made["id"], verdict="NOT_JUSTIFIED"
    )
    assert judged["review"]["verdict"] == "NOT_JUSTIFIED"
    refused = officer.refused("reviewEmergency", emergency=made["id"], verdict="JUSTIFIED")
    assert refused == [("ALREADY_REVIEWED", "emergency")]
    clinic.house.change(
        "INSERT INTO staff (organisation_id, person_id, role, starts_at) "
        "VALUES (%s, %s, 'CLINICIAN', now() - interval '1 day')",
        *(clinic.organisation, officer.uuid),
    )
    own = officer.can(EMERGENCY).done("breakGlass", "", case=clinic.case_id, reason="On call")
    refused = officer.refused("reviewEmergency", emergency=own["id"], verdict="JUSTIFIED")
    assert refused == [("OWN_EMERGENCY", "emergency")]


# --- Research -------------------------------------------------------------------------------

RECORDS = (
    "{ organisation { researchRecords(first: 100) { nodes { pseudonym week sequence "
    "instrumentCode scale value } } } }"
)


def records(researcher: Person) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = researcher.reads(RECORDS)["organisation"]["researchRecords"][
        "nodes"
    ]
    return nodes


async def refreshed(clinic: Clinic) -> int:
    async with clinic.house.database.write(house_of(clinic.organisation)) as tx:
        return await research.refresh(tx)


def test_research_begins_at_five_clients_and_ends_with_the_first_who_leaves(
    clinic: Clinic,
) -> None:
    researcher = clinic.appoint("researcher", "RESEARCHER")
    consents = []
    for number in range(5):
        client = clinic.another_person(f"client {number}")
        case = clinic.another_case(client)
        story = a_case(clinic, case=case, client=client, hours=number)
        story.with_sessions("k k").with_ratings(client="32")
        given = client.done("giveConsent", "", case=story.case_id, kind="RESEARCH")
        consents.append((client, given["id"]))
        clinic.house.run(refreshed, clinic)
        assert bool(records(researcher)) == (number == 4), number
    found = records(researcher)
    assert len({record["pseudonym"] for record in found}) == 5
    assert {record["week"] for record in found} == {0, 1}
    assert clinic.stranger.reads(RECORDS)["organisation"]["researchRecords"]["nodes"] == []
    client, given = consents[0]
    client.done("withdrawConsent", "", consent=given)
    assert records(researcher) == []


def test_records_hold_no_id_and_no_private_rating(clinic: Clinic) -> None:
    columns = {
        name
        for (name,) in clinic.house.rows(
            "SELECT column_name FROM information_schema.columns "
            "WHERE table_name = 'research_records'"
        )
    }
    assert columns == {
        *("organisation_id", "id", "pseudonym", "week", "sequence"),
        *("instrument_code", "informant_role", "scale", "value"),
    }


# --- Notes and the ledger -------------------------------------------------------------------

NOTES = "query($id: ID!) { case(id: $id) { notes(first: 5) { nodes { body } } } }"


def test_a_process_note_is_its_authors_alone(clinic: Clinic) -> None:
    clinic.therapist.done("writeNote", "body", case=clinic.case_id, body="I was tired today")
    clinic.manager.done(
        "joinCareTeam",
        "",
        case=clinic.case_id,
        person=(colleague := clinic.another_person("colleague")).id,
        relation="THERAPIST",
    )
    [note] = clinic.therapist.reads(NOTES, id=clinic.case_id)["case"]["notes"]["nodes"]
    assert note["body"] == "I was tired today"
    for person in (clinic.client, clinic.supervisor, clinic.manager, clinic.caregiver, colleague):
        assert person.reads(NOTES, id=clinic.case_id)["case"]["notes"]["nodes"] == [], person.name


READINGS = (
    "query($id: ID!) { case(id: $id) { readings(first: 50) { nodes { outcome operation by { id } "
    "facets } } } }"
)


def test_a_client_is_told_of_attempts_that_were_refused(clinic: Clinic) -> None:
    clinic.stranger.reads("query Snooping($id: ID!) { case(id: $id) { id } }", id=clinic.case_id)
    clinic.stranger.refused(
        "scheduleSession",
        case=clinic.case_id,
        plannedStart=instant(now() + DAY),
        plannedEnd=instant(now() + DAY + HOUR),
        modality="VIDEO",
    )
    nodes = clinic.client.reads(READINGS, id=clinic.case_id)["case"]["readings"]["nodes"]
    refused = {node["operation"] for node in nodes if node["outcome"] == "REFUSED"}
    assert refused == {"Snooping", "schedule_session"}


def test_a_foreign_id_and_a_made_up_one_leave_the_same_trace(clinic: Clinic) -> None:
    for wrong in (clinic.case_id, "case-01920000-0000-7000-8000-000000000000"):
        clinic.stranger.reads(CASE, id=wrong)
    rows = clinic.rows(
        "SELECT outcome, facets, cardinality(cases), operation FROM read_ledger "
        "WHERE organisation_id = %s AND person_id = %s",
        clinic.stranger.uuid,
    )
    assert len(rows) == 2
    assert rows[0] == rows[1]


def test_an_officer_reads_the_ledger_and_nothing_else(clinic: Clinic) -> None:
    officer = clinic.appoint("officer", "PRIVACY_OFFICER")
    clinic.therapist.reads(CASE, id=clinic.case_id)
    found = officer.reads(
        "{ organisation { readings(first: 50) { nodes { by { id name } facets outcome } } } }"
    )
    nodes = found["organisation"]["readings"]["nodes"]
    assert clinic.therapist.id in {node["by"]["id"] for node in nodes}
    assert {node["by"]["name"] for node in nodes if node["by"]["id"] != officer.id} == {None}
    assert not sees(officer, clinic)
