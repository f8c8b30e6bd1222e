"""Who a client is: assertions, secrets, and those who pretend."""

from __future__ import annotations

import time
from base64 import b64encode
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from joserfc import jwk

from tests.applications import (
    TOKEN,
    Application,
    elliptic,
    public,
    register,
    sign,
    spelt,
    system,
)
from tests.house import ORIGIN, House
from tests.people import Clinic

ASKING = {"grant_type": "client_credentials", "scope": "system/*.rs"}


@pytest.fixture
def ehr(house: House, clinic: Clinic) -> Application:
    return system(house, clinic.people["manager"])


def asks(application: Application, assertion: str) -> tuple[int, str]:
    answer = application.house.http(
        "POST",
        "/oauth/token",
        data={
            **ASKING,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion,
        },
    )
    return answer.status_code, answer.json().get("error", "")


@pytest.mark.parametrize(
    "key",
    [elliptic("P-384"), elliptic("P-256"), jwk.RSAKey.generate_key(2048)],
    ids=["ES384", "ES256", "RS384"],
)
def test_a_back_end_acts_for_itself(house: House, clinic: Clinic, key: jwk.Key) -> None:
    application = system(house, clinic.people["manager"], key=key)
    answer = application.posts("/oauth/token", ASKING)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["token_type"], found["expires_in"]) == ("Bearer", 300)
    assert "refresh_token" not in found
    assert application.reads(found["access_token"]).status_code == 200


def test_an_assertion_is_good_once(ehr: Application) -> None:
    assertion = ehr.assertion()
    assert asks(ehr, assertion)[0] == 200
    assert asks(ehr, assertion) == (401, "invalid_client")


def test_of_a_hundred_that_come_at_once_one_is_taken(ehr: Application) -> None:
    sent = ehr.sends("/oauth/token", ASKING)
    answers = ehr.house.at_once([sent] * 100)
    assert [answer.status_code for answer in answers].count(200) == 1


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://elsewhere.test/token"},
        {"aud": [TOKEN, "https://elsewhere.test/token"]},
        {"aud": None},
        {"exp": timedelta(seconds=-1)},
        {"exp": timedelta(seconds=3600)},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"nbf": timedelta(seconds=600)},
        {"iat": timedelta(seconds=600)},
        {"iat": float(10**20)},
        {"jti": None},
        {"jti": ""},
        {"jti": "x" * 300},
        {"iss": "client-somebody-else"},
        {"sub": "client-somebody-else"},
        {"sub": None},
    ],
    ids=str,
)
def test_an_assertion_that_says_something_wrong_is_refused(
    ehr: Application, claims: dict[str, Any]
) -> None:
    now = int(time.time())
    given = {
        name: now + int(value.total_seconds()) if isinstance(value, timedelta) else value
        for name, value in claims.items()
    }
    assert asks(ehr, ehr.assertion(**given)) == (401, "invalid_client")


def test_the_issuer_is_an_audience_too(ehr: Application) -> None:
    assert asks(ehr, ehr.assertion(aud=ORIGIN))[0] == 200


def test_fapi_s_profile_takes_the_issuer_and_nothing_else(house: House, clinic: Clinic) -> None:
    application = system(
        house, clinic.people["manager"], profile="FAPI2", dpop_bound_access_tokens=True
    )
    assert asks(application, application.assertion())[1] == "invalid_client"
    assert asks(application, application.assertion(aud=[ORIGIN]))[1] == "invalid_client"
    assert asks(application, application.assertion(aud=ORIGIN))[1] == "invalid_dpop_proof"


LISTED = spelt(b'{"alg":["ES384"],"kid":"one"}')


def forged(ehr: Application) -> dict[str, str]:
    """Assertions that nobody should believe."""
    now = int(time.time())
    claims = {"iss": ehr.id, "sub": ehr.id, "aud": TOKEN, "exp": now + 200}
    assert isinstance(ehr.key, jwk.ECKey)
    mine, other = public(ehr.key, kid="one"), elliptic()
    pem = ehr.key.as_pem(private=False)

    def one(key: jwk.Key | bytes, **header: Any) -> str:
        return sign(key, {"kid": "one", **header}, {**claims, "jti": uuid4().hex})

    good = one(ehr.key, alg="ES384")
    head, body, signature = good.split(".")
    return {
        "another's key": one(other, alg="ES384"),
        "no signature": f"{head}.{body}.",
        "alg none": sign(jwk.OctKey.generate_key(256), {"alg": "none", "kid": "one"}, claims),
        "HMAC over the public key": one(pem, alg="HS256"),
        "a key in the header": one(other, alg="ES384", jwk=public(other)),
        "an address of keys in the header": one(other, alg="ES384", jku="https://evil.test/jwks"),
        "a certificate's address": one(other, alg="ES384", x5u="https://evil.test/x5u"),
        "critical": one(ehr.key, alg="ES384", crit=["exp"], exp=now),
        "a kid that is a path": one(other, alg="ES384", kid="../../../dev/null"),
        "a kid that is SQL": one(other, alg="ES384", kid="one' UNION SELECT 'x"),
        "a kid that is a list": one(ehr.key, alg="ES384", kid=["one"]),
        "another curve's name": one(elliptic("P-256"), alg="ES256"),
        "padding": f"{good}=",
        "a space": f"{good} ",
        "four parts": f"{good}.x",
        "other bits": f"{head}.{body}.{signature[:-1]}" + ("B" if signature[-1] != "B" else "C"),
        "empty": "..",
        "an algorithm that is a list": f"{LISTED}.{body}.{signature}",
        "its own key as HMAC's": one(str(mine["x"]).encode(), alg="HS384"),
    }


def test_a_forged_assertion_is_refused(ehr: Application) -> None:
    for what, assertion in forged(ehr).items():
        assert asks(ehr, assertion) == (401, "invalid_client"), what


def test_a_secret_is_shown_in_the_header_and_kept_as_a_hash(house: House, clinic: Clinic) -> None:
    application = register(house, token_endpoint_auth_method="client_secret_basic")
    assert application.secret is not None
    found = application.tokens(clinic.therapist)
    assert application.refresh(found["refresh_token"]).status_code == 200
    stored = house.rows("SELECT t::text FROM oauth.clients t WHERE id = %s", application.id)
    assert application.secret not in str(stored)
    given = {"grant_type": "refresh_token", "refresh_token": found["refresh_token"]}
    in_body = house.http(
        "POST",
        "/oauth/token",
        data={**given, "client_id": application.id, "client_secret": application.secret},
    )
    assert in_body.json()["error"] == "invalid_client"
    for secret in ("", "wrong", application.secret + "x"):
        told = b64encode(f"{application.id}:{secret}".encode()).decode()
        answer = house.http(
            "POST", "/oauth/token", data=given, headers={"authorization": f"Basic {told}"}
        )
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Basic"


def test_a_client_with_a_key_cannot_come_with_its_name_alone(house: House, clinic: Clinic) -> None:
    application = register(house, key=elliptic())
    code = application.code(clinic.therapist, "user/*.rs")
    bare = Application(house, application.id, verifier=application.verifier)
    assert bare.redeem(code).json()["error"] == "invalid_client"
    assert application.redeem(code).status_code == 200


def test_no_client_gets_a_grant_it_was_not_registered_for(
    house: House, clinic: Clinic, ehr: Application
) -> None:
    web = register(house, key=elliptic())
    assert web.posts("/oauth/token", ASKING).json()["error"] == "unauthorized_client"
    assert ehr.refresh("x").json()["error"] == "unauthorized_client"
    for kind in ("password", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer"):
        answer = web.posts(
            "/oauth/token", {"grant_type": kind, "username": "amira", "password": "secret"}
        )
        assert answer.json()["error"] == "unsupported_grant_type"


def test_a_back_end_gets_the_scopes_it_was_registered_for(house: House, clinic: Clinic) -> None:
    application = system(house, clinic.people["manager"], "system/Appointment.rs feed.read")
    wanted = {"grant_type": "client_credentials"}
    for scope, given in {
        "system/Appointment.rs": "system/Appointment.rs",
        "system/Appointment.s system/Goal.rs": "system/Appointment.s",
        "feed.read": "feed.read",
    }.items():
        answer = application.posts("/oauth/token", {**wanted, "scope": scope})
        assert answer.json()["scope"] == given
    for scope in ("system/*.rs", "system/Appointment.cruds", "user/*.rs", "openid"):
        answer = application.posts("/oauth/token", {**wanted, "scope": scope})
        assert answer.json()["error"] == "invalid_scope", scope
    assert application.posts("/oauth/token", wanted).json()["error"] == "invalid_request"


@pytest.mark.parametrize(
    "body",
    [b"", b"grant_type", b"grant_type=%zz", b"\xff\xfe", b"a=1&a=2", b"a=%00", b"&" * 70_000],
    ids=repr,
)
def test_a_body_that_makes_no_sense_is_refused(house: House, body: bytes) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = house.http("POST", "/oauth/token", content=body, headers=headers)
    assert answer.status_code in {400, 401, 413}
    assert answer.json()["error"] in {"invalid_request", "invalid_client"}
