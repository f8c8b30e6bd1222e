"""What is noticeable about how a form was filled in, for whoever may see its answers."""

from __future__ import annotations

from typing import Any

import pytest

from alliance_api.graph.schema import sdl
from tests.builders import a_case
from tests.people import Clinic, Person

FINDINGS = "findings { code scale answered method { id version } } answers { item }"


def submitted(
    clinic: Clinic,
    values: list[float | None],
    instrument: str = "wai-s",
    disclosure: str = "SHARED",
    **given: Any,
) -> str:
    changed = clinic.client.done(
        "submitMeasurement",
        "",
        case=clinic.case_id,
        instrument=instrument,
        answers=[{"item": n, "value": value} for n, value in enumerate(values, 1)],
        disclosure=disclosure,
        **given,
    )
    found: str = changed["id"]
    return found


def found(person: Person, measurement: str) -> Any:
    query = f"query($id: ID!) {{ node(id: $id) {{ ... on Measurement {{ {FINDINGS} }} }} }}"
    node = person.reads(query, id=measurement)["node"]
    return node and node["findings"]


def codes(person: Person, measurement: str) -> list[tuple[str, str | None]]:
    return [(each["code"], each["scale"]) for each in found(person, measurement)]


@pytest.fixture(autouse=True)
def permitted(clinic: Clinic) -> None:
    clinic.house.change(
        "UPDATE instruments SET permission_statement = 'ours' WHERE organisation_id = %s",
        clinic.organisation,
    )


def test_a_straight_line_through_reversed_items_is_told_with_what_it_rests_on(
    clinic: Clinic,
) -> None:
    made = submitted(clinic, [4] * 12)
    [line] = found(clinic.client, made)

    assert line == {
        "code": "STRAIGHT_LINING",
        "scale": None,
        "answered": 12,
        "method": {"id": "findings", "version": "1"},
    }


def test_a_scale_at_its_ceiling_is_named(clinic: Clinic) -> None:
    made = submitted(clinic, [5] * 12, "wai-sr-c")

    assert codes(clinic.client, made) == [
        ("AT_CEILING", scale) for scale in ("bond", "goal", "task", "total")
    ]


def test_one_yes_among_the_questions_about_rifts_is_a_finding(clinic: Clinic) -> None:
    made = submitted(clinic, [0, 1, 0, 0], "risq")

    assert codes(clinic.client, made) == [("ANY_YES", "total")]


def test_nothing_to_notice_is_an_empty_list_and_not_withheld(clinic: Clinic) -> None:
    made = submitted(clinic, [1, 2, 1, 0, 2, 1, 0, 0, 0], "phq-9")

    assert found(clinic.client, made) == []
    assert found(clinic.therapist, made) == []


def test_findings_are_withheld_with_the_answers(clinic: Clinic) -> None:
    trend = submitted(clinic, [4] * 12, disclosure="TREND")
    later = submitted(clinic, [4] * 12, disclosure="NEXT_SESSION")
    nothing = submitted(clinic, [1, 2, 1, 0, 2, 1, 0, 0, 0], "phq-9", disclosure="TREND")

    for made in (trend, later, nothing):
        assert found(clinic.therapist, made) is None
        assert found(clinic.supervisor, made) is None
    assert codes(clinic.client, trend) == [("STRAIGHT_LINING", None)]


def test_a_private_form_has_no_findings_for_others(clinic: Clinic) -> None:
    made = submitted(clinic, [4] * 12, disclosure="PRIVATE")

    assert found(clinic.therapist, made) is None
    assert found(clinic.caregiver, made) is None
    assert codes(clinic.client, made) == [("STRAIGHT_LINING", None)]


def test_findings_open_and_close_with_the_disclosure(clinic: Clinic) -> None:
    made = submitted(clinic, [4] * 12, disclosure="PRIVATE")
    for disclosure, seen in (("SHARED", True), ("TREND", False), ("SHARED", True)):
        clinic.client.done("changeDisclosure", "", measurement=made, disclosure=disclosure)
        assert bool(found(clinic.therapist, made)) is seen
    clinic.client.done(
        "changeDisclosure", "", measurement=made, disclosure="SHARED", toCaregivers=True
    )
    assert codes(clinic.caregiver, made) == [("STRAIGHT_LINING", None)]


def test_findings_open_with_the_next_session(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions("k")
    made = submitted(clinic, [4] * 12, disclosure="NEXT_SESSION", session=story.sessions[0])
    assert found(clinic.therapist, made) is None
    clinic.house.change(
        "UPDATE measurements SET taken_at = now() - interval '10 days' WHERE id = %s", made[-36:]
    )
    a_case(clinic, hours=3).with_sessions("k")

    assert codes(clinic.therapist, made) == [("STRAIGHT_LINING", None)]


def test_findings_are_sealed_until_the_therapist_has_rated(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions("k").asked("therapist", 0)
    made = submitted(clinic, [4] * 12, session=story.sessions[0])
    assert found(clinic.therapist, made) is None
    story.with_ratings(therapist="3")

    assert codes(clinic.therapist, made) == [("STRAIGHT_LINING", None)]


def test_without_the_scope_of_answers_there_are_no_findings(clinic: Clinic) -> None:
    made = submitted(clinic, [4] * 12)

    assert found(clinic.therapist.can("user/Observation.rs"), made) is None


def test_reading_findings_is_reading_answers(clinic: Clinic) -> None:
    made = submitted(clinic, [1, 2, 1, 0, 2, 1, 0, 0, 0], "phq-9")
    query = "query($id: ID!) { node(id: $id) { ... on Measurement { findings { code } } } }"
    clinic.therapist.reads(query, id=made)
    [(facets, cases)] = clinic.rows(
        "SELECT facets, cases FROM read_ledger WHERE organisation_id = %s AND person_id = %s",
        clinic.therapist.uuid,
    )

    assert "ANSWERS" in facets
    assert cases == [clinic.case]


def test_the_schema_says_which_facet_guards_them() -> None:
    assert 'findings: [Finding!] @access(facet: "ANSWERS")' in sdl()
