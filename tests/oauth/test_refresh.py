"""Refresh tokens: rotation, honest retries, thieves."""

from __future__ import annotations

import json
import logging
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alliance_api.oauth import clients, refreshing
from alliance_api.oauth.authority import Authority
from alliance_api.oauth.errors import OAuthError
from chassis.logs import JsonLines
from tests.applications import Application, Holder, elliptic, register
from tests.house import House
from tests.people import Clinic

KEPT = "user/*.rs user/Goal.cud offline_access"


@pytest.fixture
def application(house: House) -> Application:
    return register(house)


def test_a_public_client_s_token_is_used_once_and_followed_by_another(
    house: House, clinic: Clinic, application: Application
) -> None:
    first = application.tokens(clinic.therapist, KEPT)
    second = application.refresh(first["refresh_token"])
    assert second.status_code == 200
    assert second.json()["refresh_token"] != first["refresh_token"]
    assert second.json()["scope"] == KEPT
    assert application.reads(second.json()["access_token"]).status_code == 200


def test_an_answer_that_was_lost_can_be_asked_for_again(
    house: House, clinic: Clinic, application: Application
) -> None:
    first = application.tokens(clinic.therapist, KEPT)["refresh_token"]
    one, other = (application.refresh(first).json() for _ in range(2))
    assert one["refresh_token"] == other["refresh_token"]
    assert application.refresh(one["refresh_token"]).status_code == 200


def test_a_public_client_need_not_say_its_name_because_the_token_does(
    house: House, clinic: Clinic, application: Application
) -> None:
    first = application.tokens(clinic.therapist, KEPT)["refresh_token"]
    given = {"grant_type": "refresh_token", "refresh_token": first}
    answer = house.http("POST", "/oauth/token", data=given)
    assert answer.status_code == 200, answer.text
    assert answer.json()["refresh_token"] != first
    assert application.reads(answer.json()["access_token"]).status_code == 200


def test_a_client_that_proves_itself_is_not_known_by_its_token_alone(
    house: House, clinic: Clinic
) -> None:
    confidential = register(house, token_endpoint_auth_method="client_secret_basic")
    token = confidential.tokens(clinic.therapist, KEPT)["refresh_token"]
    for given in (token, "no-token-of-anybody"):
        sent = {"grant_type": "refresh_token", "refresh_token": given}
        answer = house.http("POST", "/oauth/token", data=sent)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_two_hundred_refreshes_at_once_have_one_successor_and_lock_nobody_out(
    house: House, clinic: Clinic, application: Application
) -> None:
    first = application.tokens(clinic.therapist, KEPT)["refresh_token"]
    sent = application.sends(
        "/oauth/token", {"grant_type": "refresh_token", "refresh_token": first}
    )
    answers = house.at_once([sent] * 200)
    assert {answer.status_code for answer in answers} == {200}
    followers = {answer.json()["refresh_token"] for answer in answers}
    assert len(followers) == 1
    [(made,)] = house.rows(
        "SELECT count(*) FROM oauth.refresh_tokens t JOIN oauth.grants g ON g.id = t.grant_id "
        "WHERE g.client_id = %s",
        application.id,
    )
    assert made == 2
    assert application.refresh(followers.pop()).status_code == 200


def test_a_token_that_comes_late_ends_the_family(
    house: House, clinic: Clinic, application: Application
) -> None:
    first = application.tokens(clinic.therapist, KEPT)
    second = application.refresh(first["refresh_token"]).json()
    with house.at(datetime.now(UTC) + timedelta(seconds=31)):
        stolen = application.refresh(first["refresh_token"])
    assert stolen.json()["error"] == "invalid_grant"
    assert application.refresh(second["refresh_token"]).json()["error"] == "invalid_grant"
    assert application.reads(second["access_token"]).status_code == 401


def test_a_token_whose_successor_is_in_use_ends_the_family(
    house: House, clinic: Clinic, application: Application
) -> None:
    first = application.tokens(clinic.therapist, KEPT)["refresh_token"]
    second = application.refresh(first).json()["refresh_token"]
    third = application.refresh(second).json()["refresh_token"]
    assert application.refresh(first).json()["error"] == "invalid_grant"
    assert application.refresh(third).json()["error"] == "invalid_grant"


def test_a_retry_that_had_to_wait_here_is_as_old_as_when_it_came(
    house: House, clinic: Clinic, application: Application
) -> None:
    first = application.tokens(clinic.therapist, KEPT)["refresh_token"]
    second = application.refresh(first).json()["refresh_token"]
    came = datetime.now(UTC)
    nothing: Any = None

    async def retried(at: datetime) -> str:
        async with house.database.desk() as desk:
            client = await clients.find(desk, application.id)
        assert client is not None
        # By the clock of a server that did not come to it for a minute.
        here = Authority(
            *("", "", house.database, nothing, nothing, None),
            clock=lambda: came + timedelta(minutes=1),
            random=os.urandom,
        )
        return (await refreshing.refresh(here, client, first, None, at))[1]

    assert house.run(retried, came) == second
    with pytest.raises(OAuthError):
        house.run(retried, came + timedelta(minutes=1))


def test_another_client_gains_nothing_and_harms_nobody(
    house: House, clinic: Clinic, application: Application
) -> None:
    first = application.tokens(clinic.therapist, KEPT)["refresh_token"]
    assert register(house).refresh(first).json()["error"] == "invalid_grant"
    assert application.refresh(first).status_code == 200


def test_a_refresh_never_widens_and_may_narrow(
    house: House, clinic: Clinic, application: Application
) -> None:
    first = application.tokens(clinic.therapist, "user/*.rs offline_access")["refresh_token"]
    narrow = application.refresh(first, scope="user/*.rs").json()
    assert narrow["scope"] == "user/*.rs"
    for wider in ("user/*.cruds", "user/*.rs patient/*.rs", "user/*.rs launch/patient"):
        answer = application.refresh(narrow["refresh_token"], scope=wider)
        assert answer.json()["error"] == "invalid_scope", wider
    assert application.refresh(narrow["refresh_token"]).status_code == 200, "nothing was spent"


@pytest.mark.parametrize("days", [15, 91])
def test_a_token_ends_when_nobody_uses_it(
    house: House, clinic: Clinic, application: Application, days: int
) -> None:
    first = application.tokens(clinic.therapist, KEPT)["refresh_token"]
    with house.at(datetime.now(UTC) + timedelta(days=days)):
        assert application.refresh(first).json()["error"] == "invalid_grant"


def test_a_grant_ends_after_ninety_days_however_often_it_is_used(
    house: House, clinic: Clinic, application: Application
) -> None:
    token = application.tokens(clinic.therapist, KEPT)["refresh_token"]
    began = datetime.now(UTC)
    for day in range(10, 91, 10):
        with house.at(began + timedelta(days=day, minutes=-1)):
            answer = application.refresh(token)
        assert answer.status_code == 200, day
        token = answer.json()["refresh_token"]
    with house.at(began + timedelta(days=90, minutes=1)):
        assert application.refresh(token).json()["error"] == "invalid_grant"


def test_a_client_that_proves_itself_keeps_its_token(house: House, clinic: Clinic) -> None:
    application = register(house, key=elliptic())
    first = application.tokens(clinic.therapist, KEPT)["refresh_token"]
    for _ in range(2):
        answer = application.refresh(first)
        assert answer.json()["refresh_token"] == first


def test_a_token_bound_to_a_key_is_of_no_use_without_it(house: House, clinic: Clinic) -> None:
    application = register(house, dpop_bound_access_tokens=True)
    first = application.tokens(clinic.therapist, KEPT)["refresh_token"]
    mine = application.holder
    application.holder = Holder()
    assert application.refresh(first).json()["error"] == "invalid_grant"
    application.holder = None
    assert application.refresh(first).json()["error"] == "invalid_dpop_proof"
    application.holder = mine
    assert application.refresh(first).json()["refresh_token"] == first


def events(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    """What an operator's log holds of the authorization server, as it leaves the process."""
    found = [one for one in caplog.records if one.name == "alliance.oauth"]
    return [json.loads(JsonLines().format(one)) for one in found]


def test_a_stolen_token_is_told_to_operators_once_and_without_a_secret(
    house: House, clinic: Clinic, application: Application, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    first = application.tokens(clinic.therapist, KEPT)["refresh_token"]
    second = application.refresh(first).json()["refresh_token"]
    application.refresh(first)
    assert events(caplog) == [], "an honest retry is none"
    third = application.refresh(second).json()["refresh_token"]
    for _ in range(3):
        application.refresh(first)
    [told] = events(caplog)
    assert told["event"] == "oauth.refresh_reused"
    assert told["client.application"] == application.id
    assert told["reason"] == "successor_in_use"
    assert not any(secret in json.dumps(told) for secret in (first, second, third))


def test_a_token_that_comes_late_is_told_as_late(
    house: House, clinic: Clinic, application: Application, caplog: pytest.LogCaptureFixture
) -> None:
    first = application.tokens(clinic.therapist, KEPT)["refresh_token"]
    application.refresh(first)
    with house.at(datetime.now(UTC) + timedelta(seconds=31)):
        application.refresh(first)
    assert [told["reason"] for told in events(caplog)] == ["late"]


def test_a_code_that_comes_twice_is_told_to_operators(
    house: House, clinic: Clinic, application: Application, caplog: pytest.LogCaptureFixture
) -> None:
    code = application.code(clinic.therapist, KEPT)
    for _ in range(3):
        application.redeem(code)
    [told] = events(caplog)
    assert (told["event"], told["client.application"]) == ("oauth.code_reused", application.id)
    assert code not in json.dumps(told)
