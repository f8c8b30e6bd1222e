"""Everything of one's own as a signed file: all of it, and nothing of anybody else's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from alliance_api.charter import notices
from alliance_api.domain.disclosure import Disclosure
from alliance_api.rest.archive.sealed import MANIFEST
from tests.builders import Story, a_case, answers
from tests.house import House
from tests.people import Clinic

from .archived import (
    HIS,
    HIS_OWN,
    HOSTILE,
    KEPT,
    MINE,
    NOTE,
    asked,
    data,
    full,
    served,
    taken,
)


@pytest.fixture(scope="module")
def url(house: House) -> Iterator[str]:
    with served(house) as address:
        yield address


@pytest.fixture
def story(clinic: Clinic) -> Story:
    return full(clinic)


EVERYTHING = """query($id: ID!) { case(id: $id) {
  sessions(first: 100) { nodes { id } } measurements(first: 100) { nodes { id comment } }
  goals { id } commitments { id } signals { id } occasions { id } consents { id }
  emergencies { id reason } preferences { dimension } careTeam { person { id } } } }"""


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in rows]


def test_all_that_a_client_may_read_is_in_it(url: str, story: Story) -> None:
    seen = story.client.reads(EVERYTHING, id=story.case_id)["case"]
    found = data(url, story.client)
    [case] = found["cases"]
    for kind in ("sessions", "measurements"):
        assert ids(case[kind]) == ids(seen[kind]["nodes"]) != []
    for kind in ("goals", "commitments", "signals", "occasions", "consents", "emergencies"):
        assert ids(case[kind]) == ids(seen[kind]) != [], kind
    for kind in ("preferences", "careTeam", "trajectories", "concordances", "readings"):
        assert case[kind] != [], kind
    for kind in ("reliabilityOfClient", "reliabilityOfTherapist", "attainment"):
        assert case[kind] is not None, kind
    comments = [row["comment"] for row in case["measurements"]]
    assert {MINE, KEPT} <= set(comments)
    assert {row["code"] for row in found["instruments"]} == {
        "alliance-check-in",
        "alliance-check-in-t",
    }
    assert case["labels"]["kinds"]["CLIENT_ANSWERS"]["sensitivity"] == ["PSY"]
    assert found["own"] == {"measurements": [], "commitments": [], "notes": []}


def test_what_a_therapist_keeps_is_in_no_file_of_the_clients(url: str, story: Story) -> None:
    found = taken(url, story.client)
    for words in (HIS_OWN, NOTE):
        for name, content in found.items():
            assert words.encode() not in content, name
    assert KEPT.encode() in found["index.html"]
    his = [row for row in json.loads(found["data.json"])["cases"][0]["measurements"]
           if row["role"] == "THERAPIST"]  # fmt: skip
    assert len(his) == 3


def test_what_is_withheld_says_why(url: str, clinic: Clinic) -> None:
    told = a_case(clinic).with_sessions("k")
    told.with_ratings(therapist="3", disclosure=Disclosure.TREND, comment=HIS)
    found = taken(url, told.client)
    [row] = json.loads(found["data.json"])["cases"][0]["measurements"]
    assert (row["answers"], row["comment"]) == (None, None)
    reasons = {each["facet"]: each["reason"] for each in row["withheld"]}
    assert reasons == {"ANSWERS": "TREND_ONLY", "COMMENT": "TREND_ONLY"}
    assert b"only scores were opened" in found["index.html"]
    assert HIS.encode() not in b"".join(found.values())


def test_a_therapists_own_archive_has_their_words_and_nothing_of_the_client(
    url: str, story: Story
) -> None:
    found = taken(url, story.therapist)
    own = json.loads(found["data.json"])
    assert own["cases"] == []
    assert [row["body"] for row in own["own"]["notes"]] == [NOTE]
    assert [row["wording"] for row in own["own"]["commitments"]] == ["Send the sheet"]
    comments = {row["comment"] for row in own["own"]["measurements"]}
    assert HIS_OWN in comments
    assert {row["caseId"] for row in own["own"]["measurements"]} == {story.case_id}
    everything = b"".join(found.values())
    for words in (KEPT, "Walk", "Sleep through", "On call tonight", "The client", story.client.id):
        assert words.encode() not in everything, words
    assert NOTE.encode() in found["index.html"]


def test_a_caregivers_own_archive_has_their_own_answers_alone(url: str, story: Story) -> None:
    given = {"case": story.case_id, "instrument": "alliance-check-in-caregiver"}
    story.clinic.caregiver.done(
        "submitMeasurement", "", **given, answers=answers(2), comment="Canary-parent"
    )
    found = taken(url, story.clinic.caregiver)
    own = json.loads(found["data.json"])
    assert own["cases"] == []
    [row] = own["own"]["measurements"]
    assert (row["comment"], row["role"]) == ("Canary-parent", "CAREGIVER")
    everything = b"".join(found.values())
    for words in (MINE, KEPT, HIS, NOTE, "The client", story.client.id):
        assert words.encode() not in everything, words


@pytest.mark.parametrize("name", ["stranger", "manager", "supervisor"])
def test_who_wrote_nothing_takes_nothing_along(url: str, story: Story, name: str) -> None:
    found = taken(url, getattr(story.clinic, name))
    own = json.loads(found["data.json"])
    assert own["cases"] == []
    assert own["own"] == {"measurements": [], "commitments": [], "notes": []}
    assert own["instruments"] == []
    assert b"There is nothing of yours here" in found["index.html"]
    everything = b"".join(found.values())
    for words in (MINE, KEPT, NOTE, story.case_id):
        assert words.encode() not in everything


def test_a_therapist_who_is_a_client_too_finds_both_apart(url: str, story: Story) -> None:
    clinic = story.clinic
    other = clinic.another_person("second therapist")
    clinic.another_case(story.therapist, {other: "THERAPIST"})
    found = data(url, story.therapist)
    assert [case["client"]["id"] for case in found["cases"]] == [story.therapist.id]
    assert [row["body"] for row in found["own"]["notes"]] == [NOTE]
    assert {row["caseId"] for row in found["own"]["measurements"]} == {story.case_id}


def test_taking_an_archive_leaves_its_rows_in_the_ledger_and_in_the_archive(
    url: str, story: Story
) -> None:
    found = data(url, story.client)
    operations = {row["operation"] for row in found["cases"][0]["readings"]}
    assert {"ArchiveCase", "ArchiveMeasurements", "ArchiveGoals", "Chart", "Looked"} <= operations
    rows = story.clinic.rows(
        "SELECT operation, facets FROM read_ledger WHERE organisation_id = %s AND person_id = %s",
        story.client.uuid,
    )
    facets = {facet for name, each in rows if (name or "").startswith("Archive") for facet in each}
    assert {"CASE_FRAME", "ANSWERS", "COMMENT", "SCORES", "TREND", "GOAL", "SIGNAL"} <= facets
    assert {"CONSENT", "EMERGENCY", "COMMITMENT", "ATTENDANCE", "IDENTITY"} <= facets
    asked(url, story.therapist)
    [(own,)] = story.clinic.rows(
        "SELECT facets FROM read_ledger WHERE organisation_id = %s "
        "AND operation = 'ArchiveOwnNotes' AND person_id = %s",
        story.therapist.uuid,
    )
    assert "PROCESS_NOTE" in own


def test_a_narrow_token_makes_an_archive_that_says_what_is_missing(url: str, story: Story) -> None:
    narrow = story.client.can("user/EpisodeOfCare.rs user/CareTeam.rs user/Goal.rs")
    found = taken(url, narrow)
    manifest = json.loads(found[MANIFEST])
    [told] = manifest["missing"]
    assert "QuestionnaireResponse" in told
    assert "Goal" not in told
    assert json.loads(found["data.json"])["missing"] == [told]
    assert b"Not everything is here" in found["index.html"]
    assert b"Not inside" in found["README.txt"]
    [case] = json.loads(found["data.json"])["cases"]
    assert (case["measurements"], case["sessions"], case["readings"]) == ([], [], [])
    assert len(case["goals"]) == 1
    # A client's own application is bound to them; a therapist's may be bound to one of many.
    everything = story.client.bound_to(story.client)
    assert data(url, everything)["missing"] == []
    bound = data(url, story.therapist.bound_to(story.clinic.stranger))
    assert any("bound" in each for each in bound["missing"])
    assert bound["own"]["notes"] == []


def test_what_leads_to_somebody_whom_nobody_may_name_is_told_as_lost(
    url: str, story: Story
) -> None:
    """Without the care team nobody knows who proposed a goal: there is no half of one."""
    found = data(url, story.client.can("user/EpisodeOfCare.rs user/Goal.rs user/Flag.rs"))
    [case] = found["cases"]
    assert case["goals"] == []
    assert case["signals"] != []
    assert any(each.endswith("goals.") or "goals," in each for each in found["missing"])


def test_hostile_words_are_only_words(url: str, clinic: Clinic) -> None:
    told = a_case(clinic).with_sessions("k").with_ratings(client="3", comment=HOSTILE)
    told.with_goals(HOSTILE).with_commitments(HOSTILE)
    clinic.house.change(
        "UPDATE identities SET name = %s WHERE person_id = %s", HOSTILE, clinic.client.uuid
    )
    text = taken(url, told.client)["index.html"].decode()
    assert "<script" not in text
    assert "<img" not in text
    assert text.count("&lt;script&gt;") >= 4


def test_the_charts_are_in_it(url: str, clinic: Clinic) -> None:
    told = a_case(clinic).with_sessions("k k k k").with_ratings(client="3423", therapist="3333")
    text = taken(url, told.client)["index.html"].decode()
    [drawing] = re.findall(r"<svg .*?</svg>", text, re.DOTALL)
    assert "Client: 4 ratings." in drawing
    assert "Therapist: 4 ratings." in drawing


def test_a_programmes_archive_carries_its_notice_in_every_readable_file(
    url: str, clinic: Clinic
) -> None:
    opened = clinic.opens_case(part2=True)
    clinic.therapist.done("writeNote", "", case=opened["id"], body=NOTE)
    text = notices.part2().text
    for who in (clinic.client, clinic.therapist):
        found = taken(url, who)
        for name in ("README.txt", "data.json", "index.html", "manifest.json"):
            assert text.encode() in found[name], name
        labels = {row["case"]: row for row in json.loads(found[MANIFEST])["labels"]}
        label = labels[opened["id"]]
        assert "42CFRPart2" in label["policies"]
        assert label["obligations"] == ["NORDSCLCD"]
        assert label["notice"]["id"] == "42-cfr-2.32-short"
        assert label["confidentiality"] == ("R" if who is clinic.client else "V")
    assert text.encode() not in b"".join(taken(url, clinic.supervisor).values())
