"""Charts as pictures obey the charter like any other reading, in both formats."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import psycopg
import pytest
import uvicorn

from alliance_api.app import create_app
from alliance_api.domain.disclosure import Disclosure
from alliance_api.rest.charts import png
from alliance_api.store.transaction import Database
from chassis.problems import ALWAYS
from tests import pictures
from tests.builders import Story, a_case, answers
from tests.house import House
from tests.people import Clinic, Person

FORM = "alliance-check-in"
KINDS = {"svg": "image/svg+xml", "png": "image/png"}


def drawn(who: Person, story: Story, picture: str = "svg", form: str = FORM) -> httpx.Response:
    return who.house.get(pictures.path(story, picture, form), who.headers)


def told(response: httpx.Response) -> str:
    """What a picture says aloud."""
    assert response.status_code == 200, response.text
    root = ET.fromstring(response.text)  # noqa: S314  (it is our own)
    return str(root.findtext("{http://www.w3.org/2000/svg}desc"))


def size(response: httpx.Response) -> tuple[int, int]:
    assert response.content.startswith(b"\x89PNG\r\n\x1a\n")
    wide, high = struct.unpack(">II", response.content[16:24])
    return wide, high


def problem(response: httpx.Response) -> tuple[int, str, str | None]:
    assert response.headers["content-type"] == "application/problem+json"
    found = response.json()
    assert found["status"] == response.status_code
    assert found["detail"]
    return response.status_code, found["code"], found["field"]


@pytest.fixture
def story(clinic: Clinic) -> Story:
    """Twelve sessions rated by both, with a rupture in the client's."""
    given = a_case(clinic).with_sessions("k k k c k k k k k k k k")
    return given.with_ratings(client="343-34344134", therapist="333-33333333")


@pytest.fixture(scope="module")
def url(house: House) -> Iterator[str]:
    """The address of a real server, whose loop is the one of production."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        app = create_app(house.settings())
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        until = time.monotonic() + 30
        while not server.started:
            assert time.monotonic() < until
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join(timeout=30)
        assert not thread.is_alive()


def test_pictures_come_over_real_http_to_whom_the_case_is_open(url: str, story: Story) -> None:
    for kind, media in KINDS.items():
        address = f"{url}{pictures.path(story, kind, FORM)}"
        for name, status in (("client", 200), ("therapist", 200), ("stranger", 404)):
            who = getattr(story.clinic, name)
            response = httpx.get(address, headers=who.headers, timeout=60)
            assert response.status_code == status, (kind, name, response.text)
            expected = media if status == 200 else "application/problem+json"
            assert response.headers["content-type"] == expected
            for header, value in ALWAYS:
                assert response.headers[header.decode()] == value.decode()


def test_for_a_stranger_there_is_no_case_and_for_nobody_there_is_a_case_that_is_none(
    story: Story,
) -> None:
    stranger, client = story.clinic.stranger, story.client
    nobodys = "case-00000000-0000-0000-0000-000000000000"
    for kind in KINDS:
        refused = drawn(stranger, story, kind)
        assert problem(refused) == (404, "NOT_FOUND", "case")
        for case in (nobodys, "case-x", "person-1", "%00", "💤"):
            path = f"/v1/cases/{case}/charts/{FORM}.{kind}"
            assert client.house.get(path, client.headers).content == refused.content, case


def test_without_a_good_token_there_is_nothing_to_see(house: House, story: Story) -> None:
    for kind in KINDS:
        for headers in ({}, {"authorization": "Bearer x"}):
            refused = house.get(pictures.path(story, kind, FORM), headers)
            assert problem(refused) == (401, "UNAUTHENTICATED", None)
            assert refused.headers["www-authenticate"].startswith("Bearer")


def test_a_picture_tells_both_sides_with_the_rupture_and_its_repair(story: Story) -> None:
    words = told(drawn(story.therapist, story))
    assert "Client: 11 ratings." in words
    assert "Rupture from session 10, lowest at 5 in session 10, repaired in session 12" in words
    assert "Therapist: 11 ratings." in words
    assert "Did not take place: session 4." in words


def test_each_form_shows_the_same_case(story: Story) -> None:
    """Asked by either form, both sides are there; only the ids tell which was asked."""
    client, therapist = (
        drawn(story.therapist, story, form=form).text for form in (FORM, f"{FORM}-t")
    )
    assert client.replace(f"{FORM}-total", "") == therapist.replace(f"{FORM}-t-total", "")


@pytest.mark.parametrize("kind", KINDS)
def test_a_private_rating_changes_no_byte_of_the_therapists_picture(
    story: Story, kind: str
) -> None:
    everybody = ("therapist", "supervisor", "caregiver", "manager")
    story.clinic.consent()

    def seen() -> dict[str, bytes]:
        return {name: drawn(getattr(story.clinic, name), story, kind).content for name in everybody}

    before, mine = seen(), drawn(story.client, story, kind).content
    for session, value in ((story.sessions[1], 0), (story.sessions[3], 0), (None, 4)):
        story.client.done(
            "submitMeasurement",
            "",
            case=story.case_id,
            instrument=FORM,
            session=session,
            answers=answers(value),
            disclosure="PRIVATE",
        )
    assert seen() == before
    assert drawn(story.client, story, kind).content != mine


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_therapist_keeps_changes_no_byte_of_the_clients_picture(
    story: Story, kind: str
) -> None:
    before = drawn(story.client, story, kind).content
    story.with_ratings(therapist="000", disclosure=Disclosure.PRIVATE)
    assert drawn(story.client, story, kind).content == before


def test_what_is_not_open_yet_has_a_ring_and_a_reason(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions("k k k k").with_ratings(client="333")
    given = {"case": story.case_id, "instrument": FORM, "session": story.sessions[3]}
    story.client.done(
        "submitMeasurement", "", **given, answers=answers(1), disclosure="NEXT_SESSION"
    )
    words = told(drawn(story.therapist, story))
    assert "Client: 3 ratings." in words
    assert "Rated, not shown: session 4; opens with the next session." in words
    assert "Client: 4 ratings." in told(drawn(story.client, story))


def test_an_empty_picture_says_why(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions("k k k").with_ratings(client="333", therapist="333")
    empty = "no trajectory that you may see."
    words = told(drawn(clinic.supervisor, story))
    assert "needs the client's consent to supervision" in words
    assert told(drawn(clinic.manager, story)) == (
        f"Nothing to draw. Client: {empty} Therapist: {empty}"
    )
    clinic.consent()
    assert "Client: 3 ratings." in told(drawn(clinic.supervisor, story))


@pytest.mark.parametrize(
    ("scope", "there"),
    [
        ("user/EpisodeOfCare.rs user/Observation.rs?category=survey", "Client: 11 ratings"),
        (
            "user/EpisodeOfCare.rs user/Observation.rs?category=survey user/Appointment.rs",
            "No rating that you may see: session 4.",
        ),
        ("user/EpisodeOfCare.rs", "no trajectory that you may see"),
        ("user/EpisodeOfCare.rs user/QuestionnaireResponse.rs", "token does not reach it"),
    ],
)
def test_a_narrower_token_sees_less(story: Story, scope: str, there: str) -> None:
    assert there in told(drawn(story.therapist.can(scope), story))


def test_without_the_scope_of_cases_there_is_no_case(story: Story) -> None:
    narrow = story.therapist.can("user/Observation.rs?category=survey")
    assert problem(drawn(narrow, story)) == (404, "NOT_FOUND", "case")


def test_looking_at_a_picture_leaves_a_row_in_the_read_ledger(story: Story) -> None:
    count = "SELECT count(*) FROM read_ledger WHERE organisation_id = %s AND operation = 'Chart'"
    [(before,)] = story.clinic.rows(count)
    for kind in KINDS:
        drawn(story.therapist, story, kind)
    assert story.clinic.rows(count) == [(before + 2,)]


def test_a_png_has_the_size_of_its_svg_times_the_density(story: Story) -> None:
    for width in (360, 760):
        root = ET.fromstring(drawn(story.client, story, f"svg?width={width}").text)  # noqa: S314
        one = int(root.get("width") or 0), int(root.get("height") or 0)
        assert one[0] == width
        for density in (1, 2, 3):
            picture = drawn(story.client, story, f"png?width={width}&density={density}")
            assert size(picture) == (one[0] * density, one[1] * density)
    assert size(drawn(story.client, story, "png"))[0] == 2 * 760


def test_a_png_carries_its_words(story: Story) -> None:
    words = told(drawn(story.client, story))
    content = drawn(story.client, story, "png").content
    assert b"iTXtDescription\0\0\0en\0\0" + words.encode() in content
    assert b"iTXtTitle\0\0\0en\0\0Alliance check-in" in content


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("scale=canary", (400, "UNKNOWN_SCALE", "scale")),
        ("scale=", (400, "UNKNOWN_SCALE", "scale")),
        ("density=0", (400, "ARGUMENT_OUT_OF_RANGE", "density")),
        ("density=4", (400, "ARGUMENT_OUT_OF_RANGE", "density")),
        ("density=1.5", (400, "ARGUMENT_OUT_OF_RANGE", "density")),
        ("density=canary", (400, "ARGUMENT_OUT_OF_RANGE", "density")),
        ("density=٢", (400, "ARGUMENT_OUT_OF_RANGE", "density")),
        ("density=", (400, "ARGUMENT_OUT_OF_RANGE", "density")),
        ("width=319", (400, "ARGUMENT_OUT_OF_RANGE", "width")),
        ("width=1201", (400, "ARGUMENT_OUT_OF_RANGE", "width")),
        (f"width={'9' * 5000}", (400, "ARGUMENT_OUT_OF_RANGE", "width")),
        ("width=-360", (400, "ARGUMENT_OUT_OF_RANGE", "width")),
    ],
)
def test_what_cannot_be_drawn_is_refused_and_the_field_is_named(
    clinic: Clinic, kind: str, query: str, expected: Any
) -> None:
    refused = drawn(clinic.client, a_case(clinic), f"{kind}?{query}")
    assert problem(refused) == expected
    assert "canary" not in refused.text


def test_an_unknown_instrument_is_refused(clinic: Clinic) -> None:
    refused = drawn(clinic.client, a_case(clinic), "png", "canary")
    assert problem(refused) == (404, "UNKNOWN_INSTRUMENT", "instrument")
    assert "canary" not in refused.text


def test_a_drawing_that_takes_too_long_is_stopped_and_the_next_one_is_made(
    story: Story, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(png, "PATIENCE_SECONDS", 0.001)
    refused = drawn(story.client, story, "png")
    assert problem(refused) == (503, "UNAVAILABLE", None)
    assert refused.headers["retry-after"] == "1"
    monkeypatch.undo()
    assert size(drawn(story.client, story, "png"))[0] == 2 * 760
    assert [record.message for record in caplog.records] == ["chart.unavailable"]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (psycopg.OperationalError("canary"), (503, "UNAVAILABLE", None)),
        (ValueError("canary"), (500, "INTERNAL", None)),
    ],
)
def test_an_error_tells_neither_a_reader_nor_a_log_what_it_saw(
    story: Story,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    expected: Any,
) -> None:
    async def failing(*_: object) -> bytes:
        raise error

    monkeypatch.setattr(Database, "read", failing)
    refused = drawn(story.client, story)
    assert problem(refused) == expected
    assert "canary" not in refused.text + caplog.text


def test_the_picture_in_the_pages_is_what_the_endpoint_draws(clinic: Clinic) -> None:
    """`python -m tests.pictures` draws it anew."""
    kept = Path(__file__).parents[2] / "docs" / "images" / "chart.svg"
    response = drawn(clinic.therapist, pictures.story(clinic), form=pictures.FORM)
    assert response.text == kept.read_text(encoding="utf-8")
