"""Who fails to show which client they are, again and again: told to wait, and nobody else is."""

from __future__ import annotations

import logging
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from alliance_api.oauth.refusals import KEPT, MOST, Refusals
from tests.applications import Application, elliptic, register, system
from tests.house import House
from tests.people import Clinic

# At a time of its own, so that a minute does not end meanwhile.
NOON = datetime(2031, 5, 1, 12, 0, 5, tzinfo=UTC)


def guesses(house: House, application: Application, guess: str = "wrong") -> httpx.Response:
    told = b64encode(f"{application.id}:{guess}".encode()).decode()
    given = {"grant_type": "refresh_token", "refresh_token": "x"}
    headers = {"authorization": f"Basic {told}"}
    return house.http("POST", "/oauth/token", data=given, headers=headers)


@pytest.fixture
def secretive(house: House) -> Application:
    return register(house, token_endpoint_auth_method="client_secret_basic")


def test_who_guesses_a_secret_is_told_to_wait_for_the_rest_of_the_minute(
    house: House, secretive: Application
) -> None:
    with house.at(NOON):
        answers = [guesses(house, secretive) for _ in range(MOST + 3)]
        told = [answer.status_code for answer in answers]
        assert told == [401] * MOST + [429] * 3
        assert answers[-1].json()["error"] == "invalid_client"
        assert answers[-1].headers["retry-after"] == "55"
    with house.at(NOON + timedelta(minutes=1)):
        assert guesses(house, secretive).status_code == 401


def test_the_honest_client_is_not_kept_out_from_the_same_network(
    house: House, clinic: Clinic, secretive: Application
) -> None:
    token = secretive.tokens(clinic.therapist)["refresh_token"]
    answers = [guesses(house, secretive).status_code for _ in range(MOST + 3)]
    assert set(answers) <= {401, 429}, "a minute may have ended"
    assert secretive.refresh(token).status_code == 200


def test_a_client_with_a_key_is_not_kept_out_by_who_replays_its_assertions(
    house: House, clinic: Clinic
) -> None:
    ehr = system(house, clinic.manager, key=elliptic())
    given = {"grant_type": "client_credentials", "scope": "system/*.rs"}
    sent: dict[str, Any] = ehr.sends("/oauth/token", given)
    answers = house.at_once([sent] * (MOST + 5))
    assert [answer.status_code for answer in answers].count(200) == 1
    assert {answer.status_code for answer in answers} <= {200, 401, 429}
    assert ehr.posts("/oauth/token", given).status_code == 200


def test_other_clients_are_answered_as_ever(house: House, secretive: Application) -> None:
    other = register(house, token_endpoint_auth_method="client_secret_basic")
    with house.at(NOON + timedelta(minutes=2)):
        for _ in range(MOST + 1):
            guesses(house, secretive)
        assert guesses(house, secretive).status_code == 429
        assert guesses(house, other).status_code == 401


def test_operators_hear_of_it_once_a_minute_and_of_no_address(
    house: House, secretive: Application, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with house.at(NOON + timedelta(minutes=3)):
        for _ in range(MOST + 5):
            guesses(house, secretive, "a-guess")
    [told] = [one for one in caplog.records if one.name == "alliance.oauth"]
    assert told.msg == "oauth.client_guessed"
    assert not {"a-guess", "127.0.0.1", secretive.id} & set(map(str, vars(told).values()))


def test_what_is_counted_is_bounded_and_a_storm_of_names_forgets_the_oldest() -> None:
    refusals = Refusals()
    for number in range(KEPT + 100):
        refusals.wait(f"client-{number}", "192.0.2.1", NOON)
    assert len(refusals) == KEPT
    for _ in range(MOST):
        assert refusals.wait("client-x", "192.0.2.1", NOON) == 0
    assert refusals.wait("client-x", "192.0.2.1", NOON) == 55
    assert refusals.wait("client-x", "192.0.2.2", NOON) == 0, "another network"
