"""The feed: every fact once, in an order that loses none, for whoever may be told."""

from __future__ import annotations

import asyncio
import threading
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from alliance_api.rest.feed import endpoint
from alliance_api.rest.feed.cursors import Cursor, spell
from chassis.places import Places
from chassis.refused import Refused
from tests.builders import DAY, HOUR, instant, now
from tests.feeds import answer, settle, told, told_all
from tests.house import House
from tests.people import FEED, Clinic, Person, a_clinic


def schedule(clinic: Clinic, days: int = 1, who: Person | None = None) -> str:
    start = now() + days * DAY
    given = {"case": clinic.case_id, "plannedStart": instant(start), "modality": "VIDEO"}
    made = (who or clinic.therapist).done(
        "scheduleSession", "", **given, plannedEnd=instant(start + HOUR)
    )
    found: str = made["id"]
    return found


def problem(response: httpx.Response) -> tuple[int, str, str | None]:
    body = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert body["detail"]
    return response.status_code, body["code"], body["field"]


def state_row(connection: psycopg.Connection[Any], clinic: Clinic) -> str:
    """State a fact in a transaction of ours; return its id."""
    made = str(uuid4())
    connection.execute(
        "INSERT INTO facts (organisation_id, id, type, case_id, subject_id) "
        "VALUES (%s, %s, 'session.cancelled', %s, gen_random_uuid())",
        [clinic.organisation, made, clinic.case],
    )
    return made


# --- Order ----------------------------------------------------------------------------------


def test_a_batch_goes_on_after_the_cursor_of_any_of_its_events(clinic: Clinic) -> None:
    sessions = [schedule(clinic, day) for day in (1, 2, 3, 4)]
    notifier = clinic.notifier()
    every = told_all(notifier)

    assert [event["subject"] for event in every] == sessions
    assert len({event["id"] for event in every}) == 4
    for place, event in enumerate(every, start=1):
        assert told(notifier, after=event["cursor"]) == every[place:]
    assert told(notifier, limit=3) == every[:3]
    assert told(notifier) == every, "and from the start again, as often as one likes"


def test_what_a_slow_transaction_states_is_not_skipped(clinic: Clinic) -> None:
    notifier = clinic.notifier()
    with psycopg.connect(clinic.house.admin_url) as slow:
        held = state_row(slow, clinic)
        later = schedule(clinic)
        assert told(notifier) == [], "nothing of what came after it, while it runs"
        slow.commit()
    events = told_all(notifier)

    assert [event["id"] for event in events][:1] == [held]
    assert [event["subject"] for event in events][1:] == [later]


def test_what_was_rolled_back_is_never_told(clinic: Clinic) -> None:
    with psycopg.connect(clinic.house.admin_url) as broken:
        state_row(broken, clinic)
        broken.rollback()
    kept = schedule(clinic)

    assert [event["subject"] for event in told_all(clinic.notifier())] == [kept]


def test_many_writers_and_a_reader_who_never_stops_lose_and_double_nothing(clinic: Clinic) -> None:
    notifier = clinic.notifier()
    stated: list[str] = []
    over = threading.Event()

    def write() -> None:
        with psycopg.connect(clinic.house.admin_url) as connection:
            for number in range(40):
                made = state_row(connection, clinic)
                if number % 5 == 4:
                    connection.rollback()
                else:
                    connection.commit()
                    stated.append(made)

    def read() -> None:
        while not over.is_set():
            told_to_reader.extend(_rest(notifier, told_to_reader))

    told_to_reader: list[dict[str, Any]] = []
    writers = [threading.Thread(target=write) for _ in range(6)]
    reader = threading.Thread(target=read)
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    over.set()
    reader.join()
    after = {"after": told_to_reader[-1]["cursor"]} if told_to_reader else {}
    told_to_reader.extend(told_all(notifier, limit=7, **after))

    assert sorted(event["id"] for event in told_to_reader) == sorted(stated)
    assert len(stated) == 6 * 32


def _rest(who: Person, before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    after = {"after": before[-1]["cursor"]} if before else {}
    return told(who, limit=7, **after)


# --- Who ------------------------------------------------------------------------------------


def test_a_feed_is_of_one_organisation(house: House, clinic: Clinic) -> None:
    other = a_clinic(house)
    schedule(other)
    ours = schedule(clinic)
    events = told_all(clinic.notifier())

    assert [event["subject"] for event in events] == [ours]
    stolen = told_all(other.notifier())[-1]["cursor"]
    assert problem(answer(clinic.notifier(), after=stolen)) == (400, "BAD_CURSOR", "after")


def test_the_ladder_of_the_feed(clinic: Clinic) -> None:
    schedule(clinic)
    notifier = clinic.notifier()
    settle(clinic.house)

    without = clinic.house.get("/v1/feed")
    assert without.status_code == 401
    assert without.headers["www-authenticate"].partition(" ")[0] == "Bearer"
    assert problem(answer(notifier.can("system/*.cruds"))) == (403, "SCOPE_MISSING", None)
    for who in (*clinic.everyone(), *clinic.with_offices().people.values()):
        if who.name not in {"ehr", "notifier"}:
            assert problem(answer(who.can(f"user/*.cruds {FEED}"))) == (403, "NOT_A_READER", None)
    assert answer(notifier).status_code == 200


def test_a_token_bound_to_one_client_reads_no_feed(clinic: Clinic) -> None:
    bound = clinic.notifier().bound_to(clinic.client, f"patient/*.cruds {FEED}")
    assert problem(answer(bound)) == (403, "SCOPE_MISSING", None)


def test_an_ehr_is_told_of_cases_whose_client_consents_and_of_erasures(clinic: Clinic) -> None:
    ehr = clinic.appoint("ehr", "EHR").can(FEED)
    schedule(clinic)
    assert told_all(ehr) == []
    clinic.client.done("giveConsent", "", case=clinic.case_id, kind="EHR")
    submit = {"case": clinic.case_id, "instrument": "alliance-check-in", "disclosure": "SHARED"}
    answers = [{"item": item, "value": 3} for item in range(1, 6)]
    clinic.client.done("submitMeasurement", "", **submit, answers=answers)
    assert {event["type"] for event in told_all(ehr)} == {"session.planned"}
    officer = clinic.appoint("officer", "PRIVACY_OFFICER")
    erased = clinic.stranger
    officer.done("erasePerson", "", person=erased.id)
    last = told_all(ehr)[-1]
    assert (last["type"], last["subject"], last["data"]) == ("person.erased", erased.id, {})


def test_who_reads_the_feed_is_in_the_clients_own_ledger(clinic: Clinic) -> None:
    schedule(clinic)
    notifier = clinic.notifier()
    told_all(notifier)
    rows = clinic.rows(
        "SELECT person_id, operation, facets, cases FROM read_ledger WHERE organisation_id = %s "
        "AND operation = 'feed'"
    )
    assert rows == [(notifier.uuid, "feed", ["FACT"], [clinic.case])], "and none of an empty batch"


# --- Asking ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("limit", "0"),
        ("limit", "1001"),
        ("limit", "ten"),
        ("limit", "-1"),
        ("limit", "9" * 5000),
        ("wait", "61"),
        ("wait", "1.5"),
        ("wait", "٣"),
    ],
)
def test_a_bad_number_is_refused_with_its_field(clinic: Clinic, field: str, value: str) -> None:
    response = answer(clinic.notifier(), **{field: value})
    assert problem(response) == (400, "ARGUMENT_OUT_OF_RANGE", field)
    assert value not in response.text or value == "0"


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "A" * 32, "A" * 44, "é" * 32, "\x00" * 32, "0" * 31 + "=", "' OR 1=1 --" + "A" * 21],
)
def test_what_is_no_cursor_is_refused_as_such(clinic: Clinic, cursor: str) -> None:
    assert problem(answer(clinic.notifier(), after=cursor)) == (400, "BAD_CURSOR", "after")


def test_a_cursor_of_another_time_of_the_database_has_expired(clinic: Clinic) -> None:
    schedule(clinic)
    settle(clinic.house)
    made_up = spell(clinic.organisation, Cursor(1, 5, 5))
    assert problem(answer(clinic.notifier(), after=made_up)) == (410, "CURSOR_EXPIRED", "after")


def test_an_answer_says_where_to_go_on(clinic: Clinic) -> None:
    schedule(clinic)
    settle(clinic.house)
    response = answer(clinic.notifier(), limit=5)
    [event] = response.json()
    link = f'</v1/feed?limit=5&wait=0&after={event["cursor"]}>; rel="next"'
    assert response.headers["link"] == link
    assert response.headers["cache-control"] == "no-store"
    empty = answer(clinic.notifier(), limit=5, after=event["cursor"])
    assert (empty.json(), empty.headers["link"]) == ([], link)


# --- Waiting --------------------------------------------------------------------------------


def test_whoever_waits_is_told_as_soon_as_something_happens(clinic: Clinic) -> None:
    notifier = clinic.notifier()
    answers: list[list[dict[str, Any]]] = []
    waiter = threading.Thread(target=lambda: answers.append(told(notifier, wait=60)))
    waiter.start()
    made = schedule(clinic)
    waiter.join()

    assert [event["subject"] for event in answers[0]] == [made]


def test_whoever_waits_in_vain_is_told_so(clinic: Clinic) -> None:
    assert told(clinic.notifier(), wait=1) == []


class _Gone:
    """A request of somebody who has gone away."""

    def __init__(self) -> None:
        self.asked = 0

    async def is_disconnected(self) -> bool:
        self.asked += 1
        return True


def _feed(clinic: Clinic, places: Places) -> endpoint.Feed:
    return endpoint.Feed(clinic.house.database, places)


def test_whoever_goes_away_frees_their_place_at_once(clinic: Clinic) -> None:
    places, gone = Places(1, 1), _Gone()
    asked = endpoint.Asked(None, 100, 60)
    who = clinic.notifier().principal
    request: Any = gone
    batch = clinic.house.run(_feed(clinic, places).wait, request, who, asked)

    assert (batch.facts, gone.asked, places.taken) == ([], 1, 0)


def test_whoever_is_cancelled_frees_their_place_too(clinic: Clinic) -> None:
    places = Places(1, 1)
    who = clinic.notifier().principal

    class Patient:
        async def is_disconnected(self) -> bool:
            waiting.set()
            return False

    async def cancelled() -> None:
        request: Any = Patient()
        work = asyncio.create_task(
            _feed(clinic, places).wait(request, who, endpoint.Asked(None, 100, 60))
        )
        await waiting.wait()
        assert places.taken == 1
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work

    waiting = asyncio.Event()
    clinic.house.run(cancelled)
    assert places.taken == 0


def test_nobody_waits_where_too_many_wait_but_whoever_asks_at_once_is_answered(
    clinic: Clinic,
) -> None:
    feed = _feed(clinic, Places(0, 0))
    who = clinic.notifier().principal
    request: Any = _Gone()
    with pytest.raises(Refused) as refused:
        clinic.house.run(feed.wait, request, who, endpoint.Asked(None, 100, 1))
    assert (refused.value.status, refused.value.problem["code"]) == (503, "TOO_MANY_WAITING")
    assert refused.value.headers["retry-after"] == "5"
    assert clinic.house.run(feed.wait, request, who, endpoint.Asked(None, 100, 0)).facts == []


def test_one_reader_does_not_take_every_place(clinic: Clinic) -> None:
    places = Places(3, 1)
    feed, who = _feed(clinic, places), clinic.notifier().principal
    request: Any = _Gone()
    asked = endpoint.Asked(None, 100, 1)
    with places.one(who.person):
        with pytest.raises(Refused) as refused:
            clinic.house.run(feed.wait, request, who, asked)
        assert refused.value.problem["code"] == "TOO_MANY_WAITING"
    with places.one(clinic.therapist.principal.person):
        assert clinic.house.run(feed.wait, request, who, asked).facts == []
