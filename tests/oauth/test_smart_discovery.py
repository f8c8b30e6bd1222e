"""SMART App Launch 2.2, Conformance: what the configuration says, and that it is true."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.applications import register
from tests.house import ORIGIN, House
from tests.people import Clinic

CONFIGURATION = "/fhir/.well-known/smart-configuration"
# The capability sets of SMART 2.2, less the one of several kinds of client that each needs.
SETS = {
    "patient, standalone": {
        "launch-standalone",
        "context-standalone-patient",
        "permission-patient",
    },
    "patient, EHR": {"launch-ehr", "context-ehr-patient", "permission-patient"},
    "clinician, standalone": {"launch-standalone", "permission-user", "permission-patient"},
    "clinician, EHR": {
        "launch-ehr",
        "context-ehr-patient",
        "context-ehr-encounter",
        "permission-user",
        "permission-patient",
    },
}


@pytest.fixture
def told(house: House) -> dict[str, Any]:
    found: dict[str, Any] = house.get(CONFIGURATION).json()
    return found


@pytest.mark.parametrize("accept", ["*/*", "text/html", "application/fhir+xml", "image/png;q=1"])
def test_it_is_json_whatever_is_accepted(house: House, accept: str) -> None:
    answer = house.get(CONFIGURATION, {"accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["capabilities"]


def addresses(told: dict[str, Any]) -> dict[str, str]:
    return {
        name: value
        for name, value in told.items()
        if name.endswith(("_endpoint", "_uri", "issuer")) and isinstance(value, str)
    }


def test_every_address_is_absolute(told: dict[str, Any]) -> None:
    found = addresses(told)
    assert len(found) >= 7
    for name, value in found.items():
        parts = urlsplit(value)
        assert (f"{parts.scheme}://{parts.netloc}", parts.fragment) == (ORIGIN, ""), name


def test_every_endpoint_is_there(house: House, told: dict[str, Any]) -> None:
    for name, value in addresses(told).items():
        if name.endswith("_endpoint"):
            path = urlsplit(value).path
            statuses = {house.http(method, path).status_code for method in ("GET", "POST")}
            assert 404 not in statuses, name
            assert statuses & {400, 401}, name


@pytest.mark.parametrize("name", SETS)
def test_each_capability_set_is_whole(told: dict[str, Any], name: str) -> None:
    has = set(told["capabilities"])
    assert SETS[name] <= has
    assert {"client-public", "client-confidential-symmetric"} & has


def test_what_it_lists_says_what_flows_there_are(told: dict[str, Any]) -> None:
    assert {"authorization_code", "client_credentials"} <= set(told["grant_types_supported"])
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert "client-confidential-asymmetric" in told["capabilities"]
    assert "private_key_jwt" in told["token_endpoint_auth_methods_supported"]
    assert "client_secret_basic" in told["token_endpoint_auth_methods_supported"]
    assert told["response_types_supported"] == ["code"]


def test_what_it_does_not_do_it_does_not_list(told: dict[str, Any]) -> None:
    absent = {
        "context-standalone-encounter",
        "permission-v1",
        "smart-app-state",
        "authorize-post-par",
    }
    assert not absent & set(told["capabilities"])
    assert not [name for name in told if name.startswith("user_access_brand")]
    assert "associated_endpoints" not in told


def test_every_scope_it_lists_is_given(house: House, clinic: Clinic, told: dict[str, Any]) -> None:
    listed = [scope for scope in told["scopes_supported"] if not scope.startswith("system/")]
    application = register(house, scope=" ".join(listed))
    asked = [scope for scope in listed if scope not in ("launch", "launch/encounter")]
    code = application.code(clinic.therapist, " ".join(asked), clinic.client.uuid)
    given = application.redeem(code).json()["scope"].split()
    assert sorted(given) == sorted(asked)


def preflight(house: House, path: str, method: str, asks: str) -> httpx.Response:
    headers = {
        "origin": "https://app.test",
        "access-control-request-method": method,
        "access-control-request-headers": asks,
    }
    return house.http("OPTIONS", path, headers=headers)


@pytest.mark.parametrize(
    ("path", "method"),
    [
        (CONFIGURATION, "GET"),
        ("/oauth/token", "POST"),
        ("/oauth/revoke", "POST"),
        ("/oauth/jwks", "GET"),
        ("/graphql", "POST"),
        ("/v1/cases/case-1/charts/x.svg", "GET"),
    ],
)
def test_a_script_of_another_origin_may_ask(house: House, path: str, method: str) -> None:
    asks = "authorization, content-type, dpop"
    answer = preflight(house, path, method, asks)
    assert answer.is_success
    assert answer.headers["access-control-allow-origin"] == "*"
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert all(one in allowed for one in asks.split(", "))
    assert method in answer.headers["access-control-allow-methods"]
    assert "access-control-allow-credentials" not in answer.headers


def test_an_answer_may_be_read_by_the_script_that_asked(house: House, clinic: Clinic) -> None:
    headers = {**clinic.therapist.headers, "origin": "https://app.test"}
    answer = house.http("POST", "/graphql", content=b'{"query":"{ __typename }"}', headers=headers)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    refused = house.http("POST", "/graphql", content=b"{}", headers={"origin": "https://app.test"})
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/account", "/account/sign-in", "/oauth/login", "/oauth/consent"])
def test_pages_are_nobody_elses(house: House, path: str) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        headers = {"origin": "https://app.test", "access-control-request-method": "POST"}
        answer = house.http(method, path, headers=headers)
        assert "access-control-allow-origin" not in answer.headers
