"""Introspection, revocation, who signed in, id tokens."""

from __future__ import annotations

import json

import pytest
from authlib.oidc.core import CodeIDToken
from joserfc import jwk, jwt

from tests.applications import Application, elliptic, register, system
from tests.house import ORIGIN, House
from tests.people import Clinic

BAD = ("", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "é")


@pytest.fixture
def application(house: House) -> Application:
    return register(house, key=elliptic())


def test_a_client_asks_about_its_own_tokens(
    house: House, clinic: Clinic, application: Application
) -> None:
    code = application.code(
        clinic.therapist,
        "openid fhirUser launch/patient user/*.rs offline_access",
        clinic.client.uuid,
    )
    found = application.redeem(code).json()
    told = application.posts("/oauth/introspect", {"token": found["access_token"]}).json()
    assert told["active"] is True
    assert told["client_id"] == application.id
    assert told["scope"] == found["scope"]
    assert told["patient"] == clinic.client.id
    assert told["sub"] == clinic.therapist.id
    assert told["iss"] == ORIGIN
    assert told["fhirUser"] == f"{ORIGIN}/fhir/Practitioner/{clinic.therapist.id}"
    again = application.posts("/oauth/introspect", {"token": found["refresh_token"]}).json()
    assert again["active"] is True


@pytest.mark.parametrize("token", BAD)
def test_of_a_bad_token_nothing_is_said(application: Application, token: str) -> None:
    answer = application.posts("/oauth/introspect", {"token": token or " "})
    assert answer.text == '{"active":false}'


def test_of_another_s_token_nothing_is_said(
    house: House, clinic: Clinic, application: Application
) -> None:
    found = application.tokens(clinic.therapist)
    other = register(house, key=elliptic())
    for token in (found["access_token"], found["refresh_token"]):
        assert other.posts("/oauth/introspect", {"token": token}).text == '{"active":false}'
    stranger = system(house, clinic.people["manager"])
    house.change(
        "UPDATE oauth.clients SET organisation_id = gen_random_uuid() WHERE id = %s", stranger.id
    )
    answer = stranger.posts("/oauth/introspect", {"token": found["access_token"]})
    assert answer.text == '{"active":false}'


def test_whoever_does_not_prove_themselves_may_not_ask(house: House, clinic: Clinic) -> None:
    application = register(house)
    token = application.tokens(clinic.therapist)["access_token"]
    answer = application.posts("/oauth/introspect", {"token": token})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_a_revoked_token_ends_all_of_its_grant(
    house: House, clinic: Clinic, application: Application, which: str
) -> None:
    found = application.tokens(clinic.therapist)
    assert application.reads(found["access_token"]).status_code == 200
    answer = application.posts("/oauth/revoke", {"token": found[which]})
    assert (answer.status_code, answer.text) == (200, "")
    assert application.refresh(found["refresh_token"]).json()["error"] == "invalid_grant"
    for token in (found["access_token"], found["refresh_token"]):
        told = application.posts("/oauth/introspect", {"token": token})
        assert told.text == '{"active":false}'


@pytest.mark.parametrize("token", BAD)
def test_revoking_what_is_not_there_says_nothing(application: Application, token: str) -> None:
    answer = application.posts("/oauth/revoke", {"token": token or " "})
    assert (answer.status_code, answer.text) == (200, "")


def test_nobody_revokes_another_s_token(
    house: House, clinic: Clinic, application: Application
) -> None:
    found = application.tokens(clinic.therapist)
    other = register(house)
    assert other.posts("/oauth/revoke", {"token": found["refresh_token"]}).status_code == 200
    assert application.refresh(found["refresh_token"]).status_code == 200


def test_an_id_token_says_who_signed_in_and_opens_nothing(
    house: House, clinic: Clinic, application: Application
) -> None:
    code = application.code(clinic.client, "openid fhirUser profile user/*.rs", nonce="a-nonce")
    found = application.redeem(code).json()
    keys = jwk.KeySet.import_key_set(house.get("/oauth/jwks").json())
    token = jwt.decode(found["id_token"], keys, algorithms=["RS256"])
    claims = CodeIDToken(
        token.claims,
        token.header,
        {"iss": {"value": ORIGIN}, "aud": {"value": application.id}},
        {"nonce": "a-nonce", "access_token": found["access_token"]},
    )
    claims.validate()
    assert claims["sub"] == clinic.client.id
    assert claims["fhirUser"] == f"{ORIGIN}/fhir/Patient/{clinic.client.id}"
    assert claims["amr"] == ["pwd", "otp"]
    assert application.reads(found["id_token"]).status_code == 401


def test_userinfo_tells_what_the_scopes_say(
    house: House, clinic: Clinic, application: Application
) -> None:
    code = application.code(clinic.caregiver, "openid fhirUser user/*.rs")
    token = application.redeem(code).json()["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    told = house.http("GET", "/oauth/userinfo", headers=headers).json()
    assert told == {
        "sub": clinic.caregiver.id,
        "fhirUser": f"{ORIGIN}/fhir/RelatedPerson/{clinic.caregiver.id}",
    }
    code = application.code(clinic.caregiver, "user/*.rs")
    token = application.redeem(code).json()["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    assert house.http("GET", "/oauth/userinfo", headers=headers).status_code == 403
    answer = house.http("GET", "/oauth/userinfo")
    assert answer.status_code == 401
    assert "resource_metadata" in answer.headers["www-authenticate"]


def test_an_access_token_is_what_rfc_9068_says(
    house: House, clinic: Clinic, application: Application
) -> None:
    code = application.code(
        clinic.therapist, "user/*.rs", resource=f"{ORIGIN}/fhir", aud=f"{ORIGIN}/fhir"
    )
    token = application.redeem(code).json()["access_token"]
    keys = jwk.KeySet.import_key_set(house.get("/oauth/jwks").json())
    found = jwt.decode(token, keys, algorithms=["ES256"])
    assert found.header["typ"] == "at+jwt"
    assert {"iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope"} <= set(found.claims)
    assert found.claims["aud"] == ["alliance", f"{ORIGIN}/fhir"]
    assert found.claims["exp"] - found.claims["iat"] <= 600
    assert len(token) < 2048
    assert "auth_time" in json.dumps(found.claims)
