"""An EHR launches an application; managers and strangers register them."""

from __future__ import annotations

import dataclasses
import time
from typing import Any
from uuid import uuid4

import httpx
import pytest
from starlette.applications import Starlette

from alliance_api.app import doors_of
from alliance_api.oauth.requests import RequestGone, Unfit
from alliance_api.oauth.routes import routes
from tests.applications import Application, agree, elliptic, public, register, sign, system
from tests.house import ORIGIN, House
from tests.people import Clinic, Person

LAUNCHED = "launch openid fhirUser patient/*.rs"


def told(application: Application, path: str, given: Any, scope: str) -> Any:
    found = application.posts("/oauth/token", {"grant_type": "client_credentials", "scope": scope})
    headers = {"authorization": f"Bearer {found.json()['access_token']}"}
    return application.house.http("POST", path, json=given, headers=headers)


def launched(ehr: Application, application: Application, clinic: Clinic) -> str:
    given = {
        "client_id": application.id,
        "patient": clinic.client.id,
        "encounter": "e-1",
        "intent": "reconcile",
        "need_patient_banner": False,
    }
    answer = told(ehr, "/oauth/launches", given, "launches.write")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["launch"])


def test_an_ehr_launches_an_application_for_the_client_on_its_screen(
    house: House, clinic: Clinic, ehr: Application
) -> None:
    application = register(house)
    word = launched(ehr, application, clinic)
    id_ = application.request(application.asks(LAUNCHED, launch=word, aud=f"{ORIGIN}/fhir"))
    code = application.answer(agree(house, id_, clinic.therapist))["code"]
    found = application.redeem(code).json()
    assert found["patient"] == clinic.client.id
    assert (found["encounter"], found["intent"]) == ("e-1", "reconcile")
    assert found["need_patient_banner"] is False
    assert application.reads(found["access_token"]).status_code == 200


def test_a_launch_is_used_once_by_the_application_it_is_for(
    house: House, clinic: Clinic, ehr: Application
) -> None:
    application, other = register(house), register(house)
    word = launched(ehr, application, clinic)
    refused = other.authorize(other.asks(LAUNCHED, launch=word))
    assert other.answer(refused.headers["location"])["error"] == "invalid_request"
    first, second = (application.request(application.asks(LAUNCHED, launch=word)) for _ in range(2))
    agree(house, first, clinic.therapist)
    with pytest.raises(RequestGone):
        agree(house, second, clinic.therapist)


def test_a_launch_is_for_people_of_its_organisation(
    house: House, clinic: Clinic, ehr: Application
) -> None:
    application = register(house)
    word = launched(ehr, application, clinic)
    id_ = application.request(application.asks(LAUNCHED, launch=word))
    stranger = Person(house, "stranger", uuid4(), uuid4())
    with pytest.raises(ValueError, match="organisation"):
        agree(house, id_, stranger)


def test_nobody_acts_for_a_client_whom_they_do_not_treat(
    house: House, clinic: Clinic, ehr: Application
) -> None:
    application = register(house)
    other = clinic.another_person("Bela Novak")
    given = {"client_id": application.id, "patient": other.id}
    word = told(ehr, "/oauth/launches", given, "launches.write").json()["launch"]
    by_launch = application.request(application.asks(LAUNCHED, launch=word))
    by_choice = application.request(application.asks("launch/patient patient/*.rs"))
    for id_, patient in ((by_launch, None), (by_choice, other.uuid)):
        with pytest.raises(Unfit, match="patient"):
            agree(house, id_, clinic.therapist, patient)
    clinic.another_case(other)
    agree(house, by_launch, clinic.therapist)
    agree(house, by_choice, clinic.therapist, other.uuid)


def test_a_made_up_launch_is_refused(house: House) -> None:
    application = register(house)
    for launch in ("made-up", None):
        answer = application.authorize(application.asks(LAUNCHED, launch=launch))
        assert application.answer(answer.headers["location"])["error"] == "invalid_request"


def test_only_an_ehr_launches(house: House, clinic: Clinic, ehr: Application) -> None:
    application = register(house)
    given = {"client_id": application.id}
    assert told(ehr, "/oauth/launches", given, "system/*.rs").status_code == 403
    pretender = system(house, clinic.manager, "launches.write")
    answer = told(pretender, "/oauth/launches", given, "launches.write")
    assert answer.json()["error"] == "insufficient_scope"
    assert house.http("POST", "/oauth/launches", json=given).status_code == 401
    wrongs: list[Any] = [
        {"client_id": "x"},
        {},
        {**given, "patient": "x"},
        {**given, "intent": 1},
        [],
    ]
    for wrong in wrongs:
        answer = told(ehr, "/oauth/launches", wrong, "launches.write")
        assert answer.json()["error"] == "invalid_request", wrong


def test_a_manager_registers_applications_and_ends_them(house: House, clinic: Clinic) -> None:
    manager = clinic.manager.can("clients.write")
    given = {
        "client_name": "Diary",
        "redirect_uris": ["https://diary.test/cb"],
        "scope": "openid user/*.rs",
        "token_endpoint_auth_method": "client_secret_basic",
    }
    answer = house.http("POST", "/oauth/clients", json=given, headers=manager.headers)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    listed = house.http("GET", "/oauth/clients", headers=manager.headers).json()["clients"]
    assert [one["client_id"] for one in listed] == [made["client_id"]]
    assert made["client_secret"] not in str(listed)
    path = f"/oauth/clients/{made['client_id']}"
    again = house.http("POST", f"{path}/secret", headers=manager.headers).json()
    assert again["client_secret"] != made["client_secret"]
    assert house.http("DELETE", path, headers=manager.headers).status_code == 204
    assert house.http("DELETE", path, headers=manager.headers).status_code == 404


def test_nobody_else_registers_any(house: House, clinic: Clinic) -> None:
    given = {"client_name": "X", "redirect_uris": ["https://x.test/cb"], "scope": "user/*.rs"}
    for who in (clinic.manager, clinic.therapist.can("clients.write"), clinic.client):
        answer = house.http("POST", "/oauth/clients", json=given, headers=who.headers)
        assert answer.status_code == 403


WRONG = [
    {"client_name": ""},
    {"client_name": "x" * 201},
    {"client_name": "A\u202eB"},
    {"redirect_uris": []},
    {"redirect_uris": ["http://app.test/cb"]},
    {"redirect_uris": ["https://app.test/cb#x"]},
    {"redirect_uris": ["javascript:alert(1)"]},
    {"redirect_uris": ["myapp:/cb"], "application_type": "native"},
    {"redirect_uris": ["com.example.app:/cb"]},
    {"redirect_uris": "https://app.test/cb"},
    {"grant_types": ["implicit"]},
    {"grant_types": ["password"]},
    {"grant_types": ["client_credentials"]},
    {"scope": ""},
    {"scope": "user/Goal.sr"},
    {"scope": "admin"},
    {"scope": "system/*.rs"},
    {"token_endpoint_auth_method": "private_key_jwt"},
    {"token_endpoint_auth_method": "client_secret_post"},
    {"jwks": {"keys": []}},
    {"profile": "FAPI2"},
    {"launch_url": "javascript:alert(1)"},
]


@pytest.mark.parametrize("changed", WRONG, ids=str)
def test_what_is_wrong_with_a_client_is_said(
    house: House, clinic: Clinic, changed: dict[str, Any]
) -> None:
    given = {
        "client_name": "X",
        "redirect_uris": ["https://x.test/cb"],
        "scope": "user/*.rs",
        "token_endpoint_auth_method": "none",
        **changed,
    }
    headers = clinic.manager.can("clients.write").headers
    answer = house.http("POST", "/oauth/clients", json=given, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"] in {"invalid_client_metadata", "invalid_redirect_uri"}


def test_private_keys_are_not_taken(house: House, clinic: Clinic) -> None:
    given = {
        "client_name": "X",
        "redirect_uris": ["https://x.test/cb"],
        "scope": "user/*.rs",
        "jwks": {"keys": [elliptic().as_dict(private=True)]},
    }
    headers = clinic.manager.can("clients.write").headers
    answer = house.http("POST", "/oauth/clients", json=given, headers=headers)
    assert answer.status_code == 400


def test_nobody_registers_themselves_unless_it_is_switched_on(house: House) -> None:
    answer = house.http("POST", "/oauth/register", json={"client_name": "X"})
    assert answer.status_code == 403
    found = house.get("/.well-known/oauth-authorization-server").json()
    assert "registration_endpoint" not in found


def test_a_statement_of_somebody_trusted_registers_an_application(house: House) -> None:
    signer = elliptic()
    doors = doors_of(house.settings(), house.database, house._clock)
    assert doors.here is not None
    here = dataclasses.replace(doors.here, statements={"keys": [public(signer, kid="s")]})
    app = Starlette(routes=routes(here, doors.callers._verifier, doors.callers))

    def statement(key: Any, **claims: Any) -> str:
        said = {
            "iss": "https://trust.test",
            "exp": int(time.time()) + 600,
            "client_name": "Stated",
            "redirect_uris": ["https://stated.test/cb"],
            "scope": "user/*.rs",
            "token_endpoint_auth_method": "none",
            **claims,
        }
        return sign(key, {"alg": "ES384", "kid": "s"}, said)

    async def post(given: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            return await client.post("/oauth/register", json=given)

    def work(given: dict[str, Any]) -> httpx.Response:
        return house.run(post, given)

    made = work({"software_statement": statement(signer), "scope": "user/*.cruds"})
    assert made.status_code == 201, made.text
    assert made.json()["scope"] == "user/*.rs", "what the statement says counts"
    for wrong in (
        statement(elliptic()),
        statement(signer, exp=1),
        statement(signer, exp=None),
        statement(signer, iss=None),
        "x",
        None,
    ):
        answer = work({"software_statement": wrong})
        assert answer.json()["error"] == "invalid_software_statement"
