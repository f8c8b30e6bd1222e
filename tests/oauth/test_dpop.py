"""Proofs of possession: the steps of the FAPI suite that concern them, and replays."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from joserfc import jwk

from tests.applications import Application, Holder, public, register, spelt, system
from tests.house import ORIGIN, House
from tests.people import Clinic

LISTED = spelt(b'{"alg":["ES256"],"typ":"dpop+jwt"}')
ASKING = {"grant_type": "client_credentials", "scope": "system/*.rs"}


@pytest.fixture
def application(house: House, clinic: Clinic) -> Application:
    found = system(house, clinic.people["manager"], dpop_bound_access_tokens=True)
    assert found.holder is not None
    return found


def holder(application: Application) -> Holder:
    assert application.holder is not None
    return application.holder


def asks(application: Application, proof: str) -> tuple[int, str]:
    answer = application.posts("/oauth/token", ASKING, dpop=proof)
    return answer.status_code, answer.json().get("error", "")


def ahead(claims: dict[str, Any]) -> dict[str, Any]:
    now = int(time.time())
    return {
        name: now + int(value.total_seconds()) if isinstance(value, timedelta) else value
        for name, value in claims.items()
    }


def test_a_bound_token_is_used_with_its_key(application: Application) -> None:
    answer = application.posts("/oauth/token", ASKING)
    assert answer.status_code == 200, answer.text
    assert answer.json()["token_type"] == "DPoP"
    assert application.reads(answer.json()["access_token"]).status_code == 200


def test_a_bound_token_is_of_no_use_to_anybody_else(application: Application) -> None:
    token = application.posts("/oauth/token", ASKING).json()["access_token"]
    mine = application.holder
    application.holder = None
    answer = application.reads(token)
    assert answer.status_code == 401, "called a bearer token"
    assert answer.headers["www-authenticate"].startswith("DPoP ")
    application.holder = Holder()
    assert application.reads(token).status_code == 401
    application.holder = mine
    assert application.reads(token).status_code == 200


def test_a_token_that_is_not_bound_is_not_called_so(house: House, clinic: Clinic) -> None:
    application = register(house)
    token = application.tokens(clinic.therapist, "user/*.rs")["access_token"]
    application.holder = Holder()
    assert application.reads(token).status_code == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"htm": "GET"},
        {"htm": "post"},
        {"htu": "https://elsewhere.test/oauth/token"},
        {"htu": f"{ORIGIN}/oauth/par"},
        {"htu": f"{ORIGIN}:8443/oauth/token"},
        {"htu": None},
        {"iat": timedelta(hours=1)},
        {"iat": timedelta(hours=-1)},
        {"iat": None},
        {"iat": "now"},
        {"jti": None},
        {"jti": ""},
        {"nonce": "made up"},
    ],
    ids=str,
)
def test_a_proof_of_something_else_is_refused(
    application: Application, claims: dict[str, Any]
) -> None:
    proof = holder(application).proof("POST", "/oauth/token", **ahead(claims))
    status, error = asks(application, proof)
    assert (status, error) in {(400, "invalid_dpop_proof"), (400, "use_dpop_nonce")}


@pytest.mark.parametrize(
    "claims",
    [
        {"htu": f"{ORIGIN}/oauth/token?query=1"},
        {"htu": f"{ORIGIN}/oauth/token#fragment"},
        {"htu": "HTTPS://House.Test:443/oauth/token"},
        {"iat": timedelta(seconds=-30)},
        {"more": "is ignored"},
    ],
    ids=str,
)
def test_a_proof_in_other_words_is_taken(application: Application, claims: dict[str, Any]) -> None:
    proof = holder(application).proof("POST", "/oauth/token", **ahead(claims))
    assert asks(application, proof)[0] == 200


def test_a_forged_proof_is_refused(application: Application) -> None:
    mine, other = holder(application), Holder()
    claims = {
        "jti": uuid4().hex,
        "htm": "POST",
        "htu": f"{ORIGIN}/oauth/token",
        "iat": int(time.time()),
    }
    private = mine.key.as_dict(private=True)
    oct_ = jwk.OctKey.generate_key(256)
    for what, proof in {
        "another's key in the header": mine.signed(claims, jwk=public(other.key)),
        "a private key in the header": mine.signed(claims, jwk=private),
        "no key": mine.signed(claims, jwk=None),
        "a text for a key": mine.signed(claims, jwk="x"),
        "another type": mine.signed(claims, typ="JWT"),
        "no type": mine.signed(claims, typ=None),
        "none": Holder(oct_).signed(claims, alg="none", jwk=public(mine.key)),
        "HMAC": Holder(oct_).signed(claims, alg="HS256", jwk={"kty": "oct", "k": "AA"}),
        "cut off": mine.signed(claims)[:-4],
        "an algorithm that is a list": f"{LISTED}.{mine.signed(claims).partition('.')[2]}",
        "not a token": "x",
    }.items():
        assert asks(application, proof) == (400, "invalid_dpop_proof"), what


def test_a_proof_is_good_once_at_either_server(house: House, application: Application) -> None:
    proof = holder(application).proof("POST", "/oauth/token")
    assert asks(application, proof)[0] == 200
    assert asks(application, proof) == (400, "invalid_dpop_proof")
    token = application.posts("/oauth/token", ASKING).json()["access_token"]
    headers = {
        "authorization": f"DPoP {token}",
        "content-type": "application/json",
        "dpop": holder(application).proof("POST", "/graphql", token),
    }
    sent = {"content": b'{"query": "{ caseload { nodes { id } } }"}', "headers": headers}
    answers = house.at_once([{"method": "POST", "path": "/graphql", "given": sent}] * 50)
    assert [answer.status_code for answer in answers].count(200) == 1


def test_a_proof_names_the_token_it_is_for(application: Application) -> None:
    one, other = (
        application.posts("/oauth/token", ASKING).json()["access_token"] for _ in range(2)
    )
    for proof in (
        holder(application).proof("POST", "/graphql"),
        holder(application).proof("POST", "/graphql", other),
    ):
        headers = {
            "authorization": f"DPoP {one}",
            "content-type": "application/json",
            "dpop": proof,
        }
        answer = application.house.http(
            "POST", "/graphql", content=b'{"query": "{ me { id } }"}', headers=headers
        )
        assert answer.status_code == 401


def test_without_a_proof_or_with_two_there_is_no_token(application: Application) -> None:
    mine = holder(application)
    application.holder = None
    assert application.posts("/oauth/token", ASKING).json()["error"] == "invalid_dpop_proof"
    shown, _ = application.credentials()
    two = [("dpop", mine.proof("POST", "/oauth/token")) for _ in range(2)]
    answer = application.house.http("POST", "/oauth/token", data={**shown, **ASKING}, headers=two)
    assert answer.json()["error"] == "invalid_dpop_proof"


def test_fapi_s_profile_asks_for_a_nonce_and_takes_it(house: House, clinic: Clinic) -> None:
    application = system(
        house, clinic.people["manager"], profile="FAPI2", dpop_bound_access_tokens=True
    )
    mine = holder(application)

    def asking(**claims: Any) -> Any:
        shown = {
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": application.assertion(aud=ORIGIN),
        }
        proof = mine.proof("POST", "/oauth/token", **claims)
        return house.http("POST", "/oauth/token", data={**ASKING, **shown}, headers={"dpop": proof})

    first = asking()
    assert first.json()["error"] == "use_dpop_nonce"
    assert asking(nonce=first.headers["dpop-nonce"]).status_code == 200


def test_fapi_s_profile_asks_for_a_nonce_at_the_api_too(house: House, clinic: Clinic) -> None:
    given: dict[str, Any] = {"profile": "FAPI2", "dpop_bound_access_tokens": True}
    application = system(house, clinic.people["manager"], **given)
    mine = holder(application)
    fresh = house.run(_nonce_of, house)
    shown = {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": application.assertion(aud=ORIGIN),
    }
    proof = mine.proof("POST", "/oauth/token", nonce=fresh)
    answer = house.http("POST", "/oauth/token", data={**ASKING, **shown}, headers={"dpop": proof})
    token = answer.json()["access_token"]

    def reads(path: str, **claims: Any) -> Any:
        method = "POST" if path == "/graphql" else "GET"
        headers = {
            "authorization": f"DPoP {token}",
            "content-type": "application/json",
            "dpop": mine.proof(method, path, token, **claims),
        }
        content = b'{"query": "{ caseload { nodes { id } } }"}' if method == "POST" else b""
        return house.http(method, path, content=content, headers=headers)

    for path in ("/graphql", "/oauth/userinfo", "/v1/feed"):
        for claims in ({"nonce": "made up"}, {}):
            refused = reads(path, **claims)
            assert refused.status_code == 401
            assert 'error="use_dpop_nonce"' in refused.headers["www-authenticate"], path
        fresh = reads(path).headers["dpop-nonce"]
        assert reads(path, nonce=fresh).status_code != 401, path


async def _nonce_of(house: House) -> str:
    import time as clock

    from alliance_api.oauth import dpop as proofs
    from alliance_api.oauth.signing_keys import SigningKeys

    class Here:
        keys = SigningKeys(house.database, lambda: datetime.now(UTC), clock.monotonic)

    here: Any = Here()
    return await proofs.nonce(here, datetime.now(UTC))


def test_a_code_that_was_bound_is_redeemed_with_its_key(house: House, clinic: Clinic) -> None:
    application = register(house)
    mine = Holder()
    code = application.code(clinic.therapist, "user/*.rs", dpop_jkt=mine.print)
    for wrong in (None, Holder()):
        application.holder = wrong
        assert application.redeem(code).json()["error"] == "invalid_grant"
    application.holder = mine
    assert application.redeem(code).json()["token_type"] == "DPoP"
