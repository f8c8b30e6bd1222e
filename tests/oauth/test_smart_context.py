"""SMART App Launch 2.2: what stands beside an access token, and what an EHR may say of it."""

from __future__ import annotations

from typing import Any

import pytest

from alliance_api.oauth.requests import Unfit
from tests.applications import CALLBACK, Application, agree, register
from tests.house import ORIGIN, House
from tests.oauth.test_launch import LAUNCHED, told
from tests.people import Clinic, Person

# Three things that an EHR may put beside its launch, one for each way of naming something.
THINGS = [
    {"reference": "ServiceRequest/12"},
    {"canonical": "https://forms.test/Questionnaire/9|2.0", "type": "Questionnaire"},
    {"identifier": {"system": "urn:x", "value": "7"}, "type": "Task", "role": "https://x.test/r"},
    {"reference": "Patient/2", "role": "https://x.test/mother"},
]


def launch(ehr: Application, client: str, **context: Any) -> tuple[int, dict[str, Any]]:
    answer = told(ehr, "/oauth/launches", {"client_id": client, **context}, "launches.write")
    return answer.status_code, answer.json()


def test_all_that_an_ehr_says_comes_with_the_token_and_by_introspection(
    house: House, clinic: Clinic, ehr: Application
) -> None:
    application = register(
        house,
        scope=f"{LAUNCHED} launch/encounter offline_access",
        token_endpoint_auth_method="client_secret_basic",
    )
    context: dict[str, Any] = {
        "encounter": "session-9",
        "intent": "reconcile",
        "need_patient_banner": True,
        "smart_style_url": "https://ehr.test/style.json",
        "tenant": "north",
        "fhirContext": THINGS,
    }
    status, made = launch(ehr, application.id, patient=clinic.client.id, **context)
    assert status == 201, made
    asked = f"{LAUNCHED} launch/encounter offline_access"
    id_ = application.request(application.asks(asked, launch=made["launch"], aud=f"{ORIGIN}/fhir"))
    found = application.redeem(application.answer(agree(house, id_, clinic.therapist))["code"])
    context["patient"] = clinic.client.id
    kinds = {name: type(found.json()[name]) for name in context}
    assert kinds == {name: type(value) for name, value in context.items()}
    assert {name: found.json()[name] for name in context} == context
    assert "launch/encounter" in found.json()["scope"].split()
    # And again with a refreshed token, and for whoever asks what the token is.
    again = application.refresh(found.json()["refresh_token"]).json()
    assert {name: again[name] for name in context} == context
    seen = application.posts("/oauth/introspect", {"token": again["access_token"]}).json()
    assert {name: seen[name] for name in context} == context


@pytest.mark.parametrize(
    "context",
    [
        {"fhirContext": {}},
        {"fhirContext": ["ServiceRequest/12"]},
        {"fhirContext": [{}]},
        {"fhirContext": [{"type": "Task"}]},
        {"fhirContext": [{"reference": 1}]},
        {"fhirContext": [{"reference": "Task/1", "role": "mother"}]},
        {"fhirContext": [{"reference": "Task/1", "role": ""}]},
        {"fhirContext": [{"reference": "Patient/1"}]},
        {"fhirContext": [{"reference": "https://ehr.test/fhir/Encounter/1", "role": "launch"}]},
        {"fhirContext": [{"identifier": {"value": "1"}, "type": "Patient"}]},
        {"need_patient_banner": "true"},
        {"smart_style_url": "http://ehr.test/style.json"},
        {"smart_style_url": "style.json"},
        {"smart_style_url": "https://[ehr"},
        {"encounter": 9},
        {"intent": ["reconcile"]},
        {"tenant": {}},
        {"patient": "goal-0192"},
        {"intent": "x" * 5000},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_not_launched(
    house: House, ehr: Application, context: dict[str, Any]
) -> None:
    status, answer = launch(ehr, register(house).id, **context)
    assert status in (400, 413)
    assert answer["error"] == "invalid_request"
    assert house.rows("SELECT count(*) FROM oauth.launches WHERE made_by = %s", ehr.id) == [(0,)]


def test_only_an_ehr_knows_which_session_is_on_a_screen(house: House, clinic: Clinic) -> None:
    application = register(house, scope="openid launch/encounter user/*.rs")
    found = application.redeem(application.code(clinic.therapist, "launch/encounter user/*.rs"))
    assert found.json()["scope"] == "user/*.rs"
    assert "encounter" not in found.json()


@pytest.mark.parametrize("scope", ["patient/*.rs", "launch/patient", "openid patient/Goal.rs"])
def test_a_scope_about_one_client_is_not_given_without_one(
    house: House, clinic: Clinic, scope: str
) -> None:
    application = register(house)
    with pytest.raises(Unfit, match="patient"):
        agree(house, application.request(application.asks(scope)), clinic.therapist)
    code = application.code(clinic.therapist, scope, clinic.client.uuid)
    assert application.redeem(code).json()["patient"] == clinic.client.id
    # Somebody who is in therapy is that one client.
    code = application.code(clinic.client, scope)
    assert application.redeem(code).json()["patient"] == clinic.client.id


@pytest.mark.parametrize("address", ["https://elsewhere.test/fhir", f"{ORIGIN}/other", "x"])
def test_a_request_for_another_resource_server_is_refused(house: House, address: str) -> None:
    application = register(house)
    answer = application.authorize(application.asks("user/*.rs", aud=address))
    assert answer.headers["location"].startswith(CALLBACK)
    assert application.answer(answer.headers["location"])["error"] == "invalid_target"


def test_a_request_may_be_posted(house: House, clinic: Clinic) -> None:
    application = register(house)
    given = application.asks("user/*.rs")
    answer = house.http("POST", "/oauth/authorize", data=given)
    assert answer.status_code == 303
    id_ = answer.headers["location"].rpartition("request=")[2]
    code = application.answer(agree(house, id_, clinic.therapist))["code"]
    assert application.redeem(code).status_code == 200


@pytest.mark.parametrize(
    ("who", "kind"),
    [("client", "Patient"), ("therapist", "Practitioner"), ("caregiver", "RelatedPerson")],
)
def test_who_signed_in_is_a_fhir_resource(
    house: House, clinic: Clinic, who: str, kind: str
) -> None:
    person: Person = getattr(clinic, who)
    application = register(house)
    found = application.redeem(application.code(person, "openid fhirUser user/*.rs")).json()
    token = application.posts("/oauth/introspect", {"token": found["access_token"]})
    assert token.status_code == 401, "a public client proves nothing"
    about = house.get("/oauth/userinfo", {"authorization": f"Bearer {found['access_token']}"})
    assert about.json()["fhirUser"] == f"{ORIGIN}/fhir/{kind}/{person.id}"
