"""The archive's route: who is answered, how, and what becomes of an error."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from alliance_api.app import create_app
from alliance_api.rest.archive import documents, gather
from alliance_api.rest.archive.sealed import MANIFEST, first_fault
from alliance_api.store.transaction import Database
from chassis.problems import ALWAYS
from chassis.signing import SigningKey, verifier
from chassis.tokens import new_key
from tests.archives import files
from tests.builders import Story
from tests.house import House
from tests.people import Clinic, Person

from .archived import (
    PATH,
    PRIVATE_KEY,
    asked,
    data,
    full,
    problem,
    served,
)


@pytest.fixture(scope="module")
def url(house: House) -> Iterator[str]:
    with served(house) as address:
        yield address


@pytest.fixture
def story(clinic: Clinic) -> Story:
    return full(clinic)


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
