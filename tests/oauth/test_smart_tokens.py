"""SMART App Launch 2.2: scopes against the law, online access, introspection by a token."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.applications import Application, elliptic, register, sign, system
from tests.house import ORIGIN, House
from tests.people import Clinic

ONLINE = "user/*.rs online_access"


def introspects(house: House, token: str, about: str, scheme: str = "Bearer") -> httpx.Response:
    headers = {"authorization": f"{scheme} {token}"}
    return house.http("POST", "/oauth/introspect", data={"token": about}, headers=headers)


def back_end(house: House, clinic: Clinic, scope: str) -> str:
    made = system(house, clinic.people["manager"], scope)
    answer = made.posts("/oauth/token", {"grant_type": "client_credentials", "scope": scope})
    return str(answer.json()["access_token"])


def test_a_token_with_the_scope_tells_about_any_clients_tokens(
    house: House, clinic: Clinic
) -> None:
    reader = back_end(house, clinic, "tokens.read")
    for application in (register(house), register(house, key=elliptic())):
        found = application.tokens(clinic.therapist)
        told = introspects(house, reader, found["access_token"]).json()
        assert told["active"] is True
        assert (told["client_id"], told["scope"]) == (application.id, found["scope"])
        assert (told["iss"], told["sub"]) == (ORIGIN, clinic.therapist.id)
        seconds = told["exp"] - datetime.now(UTC).timestamp()
        assert found["expires_in"] - 30 < seconds <= found["expires_in"] + 1
        assert introspects(house, reader, found["refresh_token"]).json()["active"] is True


def test_a_persons_application_asks_with_the_scope_as_well(house: House, clinic: Clinic) -> None:
    application = register(house, scope="user/*.rs tokens.read")
    reader = application.tokens(clinic.therapist, "user/*.rs tokens.read")["access_token"]
    found = register(house).tokens(clinic.therapist)["access_token"]
    assert introspects(house, reader, found).json()["active"] is True


def test_without_the_scope_or_of_another_organisation_nothing_is_told(
    house: House, clinic: Clinic
) -> None:
    from tests.people import a_clinic

    found = register(house).tokens(clinic.therapist)["access_token"]
    refused = introspects(house, back_end(house, clinic, "system/*.rs"), found)
    assert (refused.status_code, refused.json()["error"]) == (403, "insufficient_scope")
    elsewhere = back_end(house, a_clinic(house), "tokens.read")
    assert introspects(house, elsewhere, found).json() == {"active": False}
    for bad in ("x", "a.b.c"):
        answer = introspects(house, bad, found)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
        assert "www-authenticate" in answer.headers


def test_a_back_end_does_not_come_with_a_secret(house: House, clinic: Clinic) -> None:
    from alliance_api.oauth.errors import OAuthError

    with pytest.raises(OAuthError) as refused:
        register(
            house,
            clinic.organisation,
            application_type="system",
            person=clinic.manager.uuid,
            redirect_uris=[],
            scope="system/*.rs",
            token_endpoint_auth_method="client_secret_basic",
        )
    assert "private_key_jwt" in refused.value.description


def test_a_scope_opens_nothing_that_the_law_does_not(house: House, clinic: Clinic) -> None:
    application = register(house)
    for person, cases in ((clinic.therapist, 1), (clinic.stranger, 0)):
        token = application.tokens(person, "user/*.cruds offline_access")["access_token"]
        nodes = application.reads(token).json()["data"]["caseload"]["nodes"]
        assert len(nodes) == cases


def errors(application: Application, scope: str, clinic: Clinic, query: str) -> set[str]:
    token = application.tokens(clinic.therapist, scope)["access_token"]
    answer = application.reads(token, query).json()
    return {str(error["extensions"]["code"]) for error in answer.get("errors", [])}


def test_each_field_of_a_request_is_judged_by_itself(house: House, clinic: Clinic) -> None:
    application = register(house)
    both = "{ caseload { nodes { status goals(first: 1) { wording } } } }"
    token = application.tokens(clinic.therapist, "user/EpisodeOfCare.rs user/Goal.rs")
    whole = application.reads(token["access_token"], both).json()["data"]["caseload"]["nodes"][0]
    token = application.tokens(clinic.therapist, "user/EpisodeOfCare.rs")
    part = application.reads(token["access_token"], both).json()["data"]["caseload"]["nodes"][0]
    assert whole["status"] == part["status"] == "ACTIVE"
    assert part["goals"] == []


def test_a_wildcard_covers_every_resource_and_a_narrow_scope_one(
    house: House, clinic: Clinic
) -> None:
    application = register(house)
    wide = application.tokens(clinic.therapist, "user/*.rs offline_access")["access_token"]
    narrow = application.tokens(clinic.therapist, "user/Goal.rs")["access_token"]
    assert len(application.reads(wide).json()["data"]["caseload"]["nodes"]) == 1
    assert application.reads(narrow).json()["data"]["caseload"]["nodes"] == []


def test_a_token_that_is_over_is_refused(house: House, clinic: Clinic) -> None:
    claims = {
        "sub": clinic.therapist.id,
        "organisation": f"organisation-{clinic.organisation}",
        "scope": "user/*.rs",
        "client_id": "an-application",
    }
    now = int(datetime.now(UTC).timestamp())
    application = register(house)
    assert application.reads(house.token({**claims, "exp": now + 300})).status_code == 200
    answer = application.reads(house.token({**claims, "exp": now - 300}))
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_who_is_online_no_more_than_half_a_day_is_refreshed_no_longer(
    house: House, clinic: Clinic
) -> None:
    application = register(house, scope=f"{ONLINE} offline_access")
    began = datetime.now(UTC)
    online = application.tokens(clinic.therapist, ONLINE)["refresh_token"]
    offline = application.tokens(clinic.therapist, f"{ONLINE} offline_access")["refresh_token"]
    with house.at(began + timedelta(hours=11)):
        online = application.refresh(online).json()["refresh_token"]
    with house.at(began + timedelta(hours=12, minutes=1)):
        assert application.refresh(online).json()["error"] == "invalid_grant"
        assert application.refresh(offline).status_code == 200


HL7 = "http://terminology.hl7.org/CodeSystem/observation-category"


@pytest.mark.parametrize("category", ["survey", f"{HL7}|survey"])
def test_a_scope_may_be_narrowed_to_a_category(house: House, clinic: Clinic, category: str) -> None:
    from alliance_api.charter.scopes import grants

    scope = f"user/Observation.rs?category={category}"
    found = register(house, scope=f"{scope} openid").tokens(clinic.therapist, scope)
    assert found["scope"] == scope
    assert grants([scope], has_patient=False).reads == {"Observation.survey"}


@pytest.mark.parametrize("scope", ["user/Observation.rs?category=", "user/Goal.rs?status=active"])
def test_a_search_that_is_not_known_gives_nothing(house: House, clinic: Clinic, scope: str) -> None:
    application = register(house)
    answer = application.authorize(application.asks(scope))
    assert application.answer(answer.headers["location"])["error"] == "invalid_scope"


def test_who_is_away_is_refreshed_for_ninety_days(house: House, clinic: Clinic) -> None:
    application = register(house)
    found = application.tokens(clinic.therapist, "user/*.rs offline_access")
    with house.at(datetime.now(UTC) + timedelta(days=13)):
        answer = application.refresh(found["refresh_token"])
    assert answer.status_code == 200
    assert answer.json()["token_type"] == "Bearer"
    assert answer.json()["expires_in"] == 600
    assert answer.json()["scope"] == found["scope"]
    assert answer.headers["cache-control"] == "no-store"


def test_a_refusal_names_its_error(house: House) -> None:
    answer = house.http("POST", "/oauth/token", data={"grant_type": "authorization_code"})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json()) == {"error", "error_description"}


def test_keys_may_be_named_where_they_were_registered(house: House, clinic: Clinic) -> None:
    """A `jku` is believed if it is the registered one, and nothing is fetched for any other."""
    from alliance_api.oauth.authenticate import _fits
    from alliance_api.oauth.clients import find
    from alliance_api.oauth.jws import read

    key, address = elliptic(), "https://app.test/jwks"
    made = register(house, key=key, jwks=None, jwks_uri=address)

    async def work() -> Any:
        async with house.database.desk() as desk:
            return await find(desk, made.id)

    client = house.run(work)
    for jku, fits in ((address, True), (f"{address}/", False), ("https://evil.test/jwks", False)):
        told = sign(key, {"alg": "ES384", "kid": "one", "jku": jku}, {"sub": made.id})
        assert _fits(client, read(told, carries=frozenset({"jku"}))) is fits, jku
