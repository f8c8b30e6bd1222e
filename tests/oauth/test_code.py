"""The authorization code grant: what works, and what an attacker tries."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import pytest

from alliance_api.oauth import requests
from alliance_api.oauth.requests import RequestGone, Unfit
from tests.applications import CALLBACK, Application, agree, register, signed_in
from tests.house import ORIGIN, House
from tests.people import Clinic


@pytest.fixture
def application(house: House) -> Application:
    return register(house)


def test_a_code_becomes_tokens_that_open_the_api(
    house: House, clinic: Clinic, application: Application
) -> None:
    found = application.tokens(clinic.therapist)
    assert found["token_type"] == "Bearer"
    assert found["expires_in"] == 600
    assert found["scope"] == "user/*.cruds offline_access"
    answer = application.reads(found["access_token"])
    assert answer.status_code == 200
    assert len(answer.json()["data"]["caseload"]["nodes"]) == 1


def test_the_answer_carries_state_and_issuer_and_nothing_is_kept(
    house: House, clinic: Clinic, application: Application
) -> None:
    id_ = application.request()
    found = application.answer(agree(house, id_, clinic.therapist, clinic.client.uuid))
    assert found["state"] == "a-state"
    assert found["iss"] == ORIGIN
    answer = application.redeem(found["code"])
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["pragma"] == "no-cache"


def test_neither_code_nor_token_is_in_the_database(
    house: House, clinic: Clinic, application: Application
) -> None:
    code = application.code(clinic.therapist, "user/*.rs offline_access")
    found = application.redeem(code).json()
    secrets = [code, found["refresh_token"], found["access_token"]]
    tables = house.rows(
        "SELECT relname FROM pg_class WHERE relnamespace = 'oauth'::regnamespace AND relkind = 'r'"
    )
    assert tables
    for (table,) in tables:
        rows = str(house.rows(f"SELECT t::text FROM oauth.{table} t"))
        assert not any(secret in rows for secret in secrets), table


def test_launch_patient_binds_the_token_to_one_client(
    house: House, clinic: Clinic, application: Application
) -> None:
    code = application.code(
        clinic.therapist, "launch/patient patient/*.rs openid fhirUser", clinic.client.uuid
    )
    found = application.redeem(code).json()
    assert found["patient"] == clinic.client.id
    assert "refresh_token" not in found, "nobody asked for one"
    assert application.reads(found["access_token"]).status_code == 200


def test_two_hundred_uses_of_one_code_at_once_give_one_answer(
    house: House, clinic: Clinic, application: Application
) -> None:
    code = application.code(clinic.therapist, "user/*.rs")
    sent = application.sends("/oauth/token", application.redeeming(code))
    answers = house.at_once([sent] * 200)
    assert [answer.status_code for answer in answers].count(200) == 1
    assert {a.json()["error"] for a in answers if a.status_code != 200} == {"invalid_grant"}


def test_a_code_that_comes_twice_ends_what_it_gave(
    house: House, clinic: Clinic, application: Application
) -> None:
    code = application.code(clinic.therapist, "user/*.rs offline_access")
    found = application.redeem(code).json()
    assert application.redeem(code).json()["error"] == "invalid_grant"
    assert application.refresh(found["refresh_token"]).json()["error"] == "invalid_grant"
    assert application.reads(found["access_token"]).status_code == 401


def test_a_stolen_code_is_of_no_use_to_another_client(
    house: House, clinic: Clinic, application: Application
) -> None:
    thief = register(house)
    code = application.code(clinic.therapist, "user/*.rs")
    thief.verifier = application.verifier
    assert thief.redeem(code).json()["error"] == "invalid_grant"
    thief = register(house)
    assert thief.redeem(code).json()["error"] == "invalid_grant"
    assert application.redeem(code).status_code == 200, "and the honest one is not locked out"


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": "a" * 43},
        {"code_verifier": "a"},
        {"redirect_uri": f"{CALLBACK}/"},
        {"code_verifier": "é" * 43},
    ],
    ids=str,
)
def test_an_injected_code_is_refused(
    house: House, clinic: Clinic, application: Application, changed: dict[str, str]
) -> None:
    code = application.code(clinic.therapist, "user/*.rs")
    answer = application.redeem(code, **changed)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert application.redeem(code).status_code == 200


def test_a_code_without_its_verifier_is_refused(
    house: House, clinic: Clinic, application: Application
) -> None:
    code = application.code(clinic.therapist, "user/*.rs")
    assert application.redeem(code, code_verifier=None).json()["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"scope": "user/Goal.sr"}, "invalid_scope"),
        ({"scope": "admin everything"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"resource": "https://evil.test"}, "invalid_target"),
        ({"aud": "https://evil.test/fhir"}, "invalid_target"),
    ],
    ids=str,
)
def test_what_is_wrong_goes_back_to_the_client(
    application: Application, changed: dict[str, Any], error: str
) -> None:
    answer = application.authorize(application.asks(**changed))
    assert answer.status_code == 303
    found = application.answer(answer.headers["location"])
    assert found["error"] == error
    assert found["state"] == "a-state"


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.test/callback",
        f"{CALLBACK}/",
        f"{CALLBACK}?more=1",
        f"{CALLBACK}#fragment",
        "https://app.test/callback/../evil",
        "https://app.test:8443/callback",
        "https://app.test@evil.test/callback",
        "http://app.test/callback",
        "HTTPS://app.test/callback",
        "https://app.test/callback%20",
        "javascript:alert(1)//app.test/callback",
        "//app.test/callback",
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_the_client_s(
    application: Application, address: str
) -> None:
    answer = application.authorize(application.asks(redirect_uri=address))
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert "evil" not in answer.text
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"


def test_an_unknown_client_is_told_so_on_the_page(application: Application) -> None:
    answer = application.authorize(application.asks(client_id="client-nobody"))
    assert answer.status_code == 400
    assert "location" not in answer.headers


def test_a_parameter_that_comes_twice_is_refused(application: Application) -> None:
    given = [*application.asks().items(), ("redirect_uri", CALLBACK)]
    answer = application.house.http("GET", "/oauth/authorize", params=given)
    assert answer.status_code == 400
    assert "location" not in answer.headers


def test_a_loopback_s_port_may_vary_for_a_native_application_only(house: House) -> None:
    given: dict[str, Any] = {"redirect_uris": ["http://127.0.0.1/callback"]}
    native = register(house, application_type="native", **given)
    other = register(house, **given)
    for address in ("http://127.0.0.1:51004/callback", "http://127.0.0.1:8/callback"):
        native.redirect_uri = other.redirect_uri = address
        native.request()
        assert other.authorize().status_code == 400
    for address in (
        "http://127.0.0.1:51004/other",
        "http://127.0.0.2/callback",
        "http://[::1]/callback",
    ):
        native.redirect_uri = address
        assert native.authorize().status_code == 400, address


def test_a_pushed_request_is_used_once_by_its_own_client(
    house: House, clinic: Clinic, application: Application
) -> None:
    pushed = application.posts("/oauth/par", application.asks("user/*.rs"))
    assert pushed.status_code == 201
    uri = pushed.json()["request_uri"]
    thief = register(house)
    given = {"client_id": application.id, "request_uri": uri}
    assert thief.authorize({**given, "client_id": thief.id}).status_code == 400
    id_ = application.request(given)
    found = application.answer(agree(house, id_, clinic.therapist))
    assert application.redeem(found["code"]).status_code == 200
    assert application.authorize(given).status_code == 400


def test_a_pushed_request_is_refused_as_any_other(application: Application) -> None:
    for changed in ({"redirect_uri": "https://evil.test"}, {"code_challenge_method": "plain"}):
        answer = application.posts("/oauth/par", application.asks(**changed))
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_a_person_gives_no_more_than_was_asked_for(
    house: House, clinic: Clinic, application: Application
) -> None:
    id_ = application.request(application.asks("user/*.rs launch/patient"))

    async def grant(*scopes: str) -> str:
        who = signed_in(clinic.therapist)
        return await requests.granted(house.database, id_, who, scopes, None)

    for scopes in (("user/*.cruds",), (), ("user/*.rs", "offline_access"), ("launch/patient",)):
        with pytest.raises(Unfit):
            house.run(grant, *scopes)
    address = house.run(grant, "user/*.rs")
    code = application.answer(address)["code"]
    assert application.redeem(code).json()["scope"] == "user/*.rs"


def test_a_request_ends_once(house: House, clinic: Clinic, application: Application) -> None:
    id_ = application.request(application.asks("user/*.rs"))
    agree(house, id_, clinic.therapist)

    async def again() -> str:
        who = signed_in(clinic.therapist)
        return await requests.granted(house.database, id_, who, ["user/*.rs"], None)

    with pytest.raises(RequestGone):
        house.run(again)
    assert house.run(requests.asked, house.database, id_) is None


def test_people_of_another_organisation_cannot_answer(house: House, clinic: Clinic) -> None:
    application = register(house, uuid4())
    id_ = application.request(application.asks("user/*.rs"))
    with pytest.raises(Unfit):
        agree(house, id_, clinic.therapist)


def test_a_person_says_no(house: House, application: Application) -> None:
    id_ = application.request()
    address = house.run(requests.denied, house.database, id_, "access_denied")
    found = application.answer(address)
    assert (found["error"], found["state"]) == ("access_denied", "a-state")


def test_what_is_well_made_and_not_known_is_left_out(
    house: House, clinic: Clinic, application: Application
) -> None:
    code = application.code(clinic.therapist, "user/*.rs patient/Immunization.rs admin")
    assert application.redeem(code).json()["scope"] == "user/*.rs"


def test_scopes_of_smart_s_first_version_are_read_as_those_of_its_second(
    house: House, clinic: Clinic, application: Application
) -> None:
    code = application.code(clinic.therapist, "user/*.read user/Goal.write")
    assert application.redeem(code).json()["scope"] == "user/*.rs user/Goal.cud"


def test_an_answer_keeps_the_query_of_the_client_s_address(house: House, clinic: Clinic) -> None:
    application = register(house, redirect_uris=["https://app.test/cb?tenant=7"])
    id_ = application.request(application.asks("user/*.rs"))
    address = agree(house, id_, clinic.therapist)
    found = dict(parse_qsl(urlsplit(address).query))
    assert found["tenant"] == "7"
    assert found["code"]
