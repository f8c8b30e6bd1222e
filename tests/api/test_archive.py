"""Everything of one's own as a signed file, over real HTTP: all of it, and nothing of anybody else's."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
import uvicorn

from alliance_api.app import create_app
from alliance_api.charter import notices
from alliance_api.domain.disclosure import Disclosure
from alliance_api.rest.archive import documents, gather
from alliance_api.rest.archive.sealed import MANIFEST, first_fault
from alliance_api.store.transaction import Database
from chassis.problems import ALWAYS
from chassis.signing import SigningKey, verifier
from chassis.tokens import new_key
from tests.archives import files
from tests.builders import Story, a_case, answers
from tests.house import House
from tests.people import Clinic, Person

from .told import disagreement, mismatch

PRIVATE_KEY, _ = new_key()
PATH = "/v1/me/archive"


@pytest.fixture(scope="module")
def url(house: House) -> Iterator[str]:
    """The address of a real server that has a key to sign with."""
    yield from served(house, export_key=json.dumps(PRIVATE_KEY))


def served(house: House, **settings: Any) -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        app = create_app(house.settings(**settings))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        given = {"sockets": [listener]}
        thread = threading.Thread(target=server.run, kwargs=given, daemon=True)
        thread.start()
        until = time.monotonic() + 30
        while not server.started:
            assert time.monotonic() < until
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=30)
        assert not thread.is_alive()


def asked(url: str, who: Person) -> httpx.Response:
    return httpx.get(f"{url}{PATH}", headers=who.headers, timeout=120)


def taken(url: str, who: Person) -> dict[str, bytes]:
    """The files of somebody's archive."""
    response = asked(url, who)
    assert response.status_code == 200, response.text
    return files(response.content)


def data(url: str, who: Person) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(taken(url, who)["data.json"])
    return found


def problem(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    found = response.json()
    assert found["status"] == response.status_code
    return response.status_code, found["code"]


# Words that tell whose they are: where they turn up, and where they do not.
MINE, KEPT, HIS, HIS_OWN, NOTE = (
    "Canary-mine",
    "Canary-kept",
    "Canary-his",
    "Canary-his-own",
    "Canary-note",
)
HOSTILE = '</script><script>alert("1")</script><img src=x onerror=alert(1)>'


@pytest.fixture
def story(clinic: Clinic) -> Story:
    """A case with something of every kind."""
    told = a_case(clinic).with_sessions("k k c k k > .")
    told.with_ratings(client="3-333", therapist="333", comment=MINE)
    told.with_ratings(client="0", disclosure=Disclosure.PRIVATE, comment=KEPT)
    told.with_ratings(therapist="-----3", disclosure=Disclosure.PRIVATE, comment=HIS_OWN)
    told.with_commitments("Walk").with_commitments("Send the sheet", by="therapist")
    disagreement(told)
    mismatch(told)
    told.asked("client", 1).asked("therapist", 1)
    told.client.done("rateGoal", "", goal=told.goals[0], level=1)
    told.client.done("giveConsent", "", case=told.case_id, kind="SUPERVISION")
    told.therapist.done("writeNote", "", case=told.case_id, body=NOTE)
    clinic.appoint("clinician", "CLINICIAN")
    clinician = clinic.people["clinician"].can("user/*.cruds break_glass")
    clinician.done("breakGlass", "", case=told.case_id, reason="On call tonight")
    told.therapist.reads(
        "query Looked($id: ID!) { case(id: $id) { goals { wording } } }", id=told.case_id
    )
    return told


def test_an_archive_comes_to_its_person_signed_and_is_kept_nowhere(
    url: str, story: Story, tmp_path: Path
) -> None:
    response = asked(url, story.client)
    assert response.headers["content-type"] == "application/zip"
    disposition = response.headers["content-disposition"]
    assert re.fullmatch(
        r'attachment; filename="alliance-archive-\d{4}-\d\d-\d\d\.zip"', disposition
    )
    for header, value in ALWAYS:
        assert response.headers[header.decode()] == value.decode()
    path = tmp_path / "archive.zip"
    path.write_bytes(response.content)
    assert first_fault(path, verifier({"keys": [SigningKey(PRIVATE_KEY).public]})) is None
    assert first_fault(path, verifier({"keys": [SigningKey(new_key()[0]).public]})) is not None
    found = files(response.content)
    assert set(found) == {"README.txt", "data.json", "index.html", "manifest.json", "manifest.sig"}
    manifest = json.loads(found[MANIFEST])
    assert manifest["person"] == story.client.id
    assert manifest["missing"] == []
    assert manifest["labels"][0]["case"] == story.case_id
    assert manifest["labels"][0]["confidentiality"] == "R"


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


def test_pages_are_followed_to_the_end(
    url: str, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    story.with_goals("One", "Two", "Three").with_commitments("a", "b", "c")
    for level in (-1, 0, 1, 2):
        story.client.done("rateGoal", "", goal=story.goals[0], level=level)
    whole = data(url, story.client)["cases"][0]
    # Pages of two rows, and ratings two at a time.
    for name in ("SESSIONS", "MEASUREMENTS", "READINGS", "GOAL", "RATINGS"):
        text = re.sub(r"(first|last): \d+", r"\1: 2", getattr(documents, name))
        monkeypatch.setattr(documents, name, text)
    monkeypatch.setattr(documents, "LARGEST_PAGE", 2)
    monkeypatch.setattr(documents, "GOALS", 2)
    paged = data(url, story.client)["cases"][0]
    assert len(paged["goals"][0]["ratings"]) == 5
    for kind in ("sessions", "measurements", "goals", "commitments", "signals"):
        assert len(paged[kind]) >= 2
        assert paged[kind] == whole[kind], kind
    earlier = [row for row in paged["readings"] if not (row["operation"] or "").startswith("Arch")]
    before = [row for row in whole["readings"] if not (row["operation"] or "").startswith("Arch")]
    assert [row for row in earlier if row["operation"] != "Chart"] == [
        row for row in before if row["operation"] != "Chart"
    ]


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


def test_there_is_nothing_for_nobody(url: str, house: House) -> None:
    for headers in ({}, {"authorization": "Bearer x"}):
        refused = httpx.get(f"{url}{PATH}", headers=headers)
        assert problem(refused) == (401, "UNAUTHENTICATED")
        assert refused.headers["www-authenticate"].startswith("Bearer")


def test_a_token_of_somebody_who_is_not_there_finds_nothing(url: str, clinic: Clinic) -> None:
    nobody = Person(clinic.house, "nobody", UUID(int=7), clinic.organisation)
    assert problem(asked(url, nobody)) == (404, "NOT_FOUND")


def test_without_a_key_the_answer_says_what_to_set(house: House, story: Story) -> None:
    refused = story.client.house.get(PATH, story.client.headers)
    assert problem(refused) == (501, "NO_EXPORT_KEY")
    assert "EXPORT_KEY_FILE" in refused.json()["detail"]
    assert problem(house.get(PATH)) == (401, "UNAUTHENTICATED")


def test_a_key_that_is_none_stops_the_service(house: House) -> None:
    with pytest.raises(ValueError, match="signing key"):
        create_app(house.settings(export_key='{"kty": "RSA"}'))


def test_more_than_an_archive_holds_is_refused_and_counted(
    url: str, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gather, "MOST", 3)
    refused = asked(url, story.client)
    assert problem(refused) == (422, "TOO_LARGE")
    assert "sessions" in refused.json()["detail"]


def test_who_only_looked_is_dropped_beyond_a_number_and_that_is_told(
    url: str, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = documents.READINGS.replace("first: 100", "first: 2")
    monkeypatch.setattr(documents, "READINGS", text)
    monkeypatch.setattr(gather, "MOST_READINGS", 3)
    found = data(url, story.client)
    assert len(found["cases"][0]["readings"]) == 4
    [told] = found["missing"]
    assert "the latest 4 are in this archive" in told


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
    opened = clinic.manager.done(
        "openCase",
        "",
        client=clinic.client.id,
        therapist=clinic.therapist.id,
        timeZone="Europe/Berlin",
        part2=True,
    )
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


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (psycopg.OperationalError("canary"), (503, "UNAVAILABLE")),
        (ValueError("canary"), (500, "INTERNAL")),
    ],
)
def test_an_error_tells_neither_a_reader_nor_a_log_what_it_saw(
    url: str,
    clinic: Clinic,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    expected: Any,
) -> None:
    async def failing(*_: object) -> bytes:
        raise error

    monkeypatch.setattr(Database, "read", failing)
    refused = asked(url, clinic.client)
    assert problem(refused) == expected
    assert "canary" not in refused.text + caplog.text


def test_two_at_once_are_both_served(url: str, story: Story) -> None:
    found: list[int] = []

    def ask() -> None:
        found.append(asked(url, story.client).status_code)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert found == [200] * 4
