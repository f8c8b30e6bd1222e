"""What RFC 9700 asks of a server that no other page of tests asks already."""

from __future__ import annotations

import json
import threading
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from alliance_api.oauth import requests
from tests.applications import CALLBACK, Application, elliptic, register, system
from tests.house import ORIGIN, House
from tests.people import Clinic

QUERY = "{ caseload { nodes { id } } }"
HOSTILE = "evil-marker"


@pytest.fixture
def application(house: House) -> Application:
    return register(house)


def test_every_answer_names_the_server_that_the_metadata_name(
    house: House, clinic: Clinic, application: Application
) -> None:
    named = house.get("/.well-known/oauth-authorization-server").json()["issuer"]
    given = application.asks("user/*.rs")
    pushed = application.posts("/oauth/par", given).json()["request_uri"]
    refused = application.authorize({**given, "response_type": "token"})
    denied = house.run(requests.denied, house.database, application.request(given), "access_denied")
    uri = {"client_id": application.id, "request_uri": pushed}
    by_push = house.run(requests.denied, house.database, application.request(uri), "access_denied")
    for address in (refused.headers["location"], denied, by_push):
        assert application.answer(address)["iss"] == named == ORIGIN


def test_who_sends_a_form_is_sent_on_by_get_and_nothing_of_it_goes_along(
    application: Application,
) -> None:
    given = {**application.asks("user/*.rs"), "password": HOSTILE, "name": HOSTILE}
    for changed in ({}, {"response_type": "token"}):
        answer = application.house.http("POST", "/oauth/authorize", data={**given, **changed})
        assert answer.status_code == 303
        assert HOSTILE not in answer.headers["location"]
        assert HOSTILE not in answer.text


def test_an_error_repeats_nothing_but_the_state(application: Application) -> None:
    for name in ("scope", "response_type", "prompt", "resource", "nonce", "login_hint"):
        value = HOSTILE * (1000 if name in {"nonce", "login_hint"} else 1)
        answer = application.authorize(application.asks(**{name: value}))
        assert HOSTILE not in str(answer.headers.get("location")) + answer.text, name


@pytest.mark.parametrize("way", ["address", "body"])
def test_an_access_token_counts_in_the_header_only(
    house: House, clinic: Clinic, application: Application, way: str
) -> None:
    token = application.tokens(clinic.therapist, "openid user/*.rs")["access_token"]
    given: dict[str, Any] = {}
    if way == "address":
        given["params"] = {"access_token": token}
    else:
        given["data"] = {"access_token": token}
    assert house.http("POST", "/oauth/userinfo", **given).status_code == 401
    if way == "body":
        content = json.dumps({"query": QUERY, "access_token": token}).encode()
        given = {"content": content, "headers": {"content-type": "application/json"}}
    assert house.http("POST", "/graphql", **given).status_code == 401
    assert application.reads(token).status_code == 200


def test_scripts_of_other_sites_may_not_ask_where_people_answer(application: Application) -> None:
    headers = {"origin": "https://evil.test", "access-control-request-method": "GET"}
    asks = [
        ("OPTIONS", "/oauth/authorize", {}),
        ("GET", "/oauth/authorize", application.asks("user/*.rs")),
        ("GET", "/oauth/authorize", application.asks("user/*.rs", redirect_uri="https://e.test")),
        ("GET", "/oauth/consent", {"request": application.request()}),
        ("GET", "/account/sign-in", {}),
    ]
    for method, path, given in asks:
        answer = application.house.http(method, path, params=given, headers=headers)
        assert "access-control-allow-origin" not in answer.headers, path


def test_a_client_does_not_choose_what_it_is_called(house: House, clinic: Clinic) -> None:
    given = {
        "client_id": clinic.client.id,
        "sub": clinic.client.id,
        "client_name": "An application",
        "token_endpoint_auth_method": "none",
        "redirect_uris": [CALLBACK],
        "scope": "user/*.rs",
    }
    headers = clinic.manager.can("clients.write").headers
    made = house.http("POST", "/oauth/clients", json=given, headers=headers)
    assert made.status_code == 201
    assert made.json()["client_id"].startswith("client-")


def test_a_token_of_a_client_itself_is_told_from_one_that_a_person_gave(
    house: House, clinic: Clinic, application: Application
) -> None:
    by_person = application.tokens(clinic.therapist)["access_token"]
    ehr = system(house, clinic.manager)
    asked = {"grant_type": "client_credentials", "scope": "system/*.rs"}
    by_itself = ehr.posts("/oauth/token", asked).json()["access_token"]

    def claims(token: str) -> dict[str, Any]:
        told = ehr.posts("/oauth/introspect", {"token": token}).json()
        found: dict[str, Any] = told if told["active"] else {}
        return found

    itself = claims(by_itself)
    assert itself["scope"].startswith("system/")
    assert not {"auth_time", "fhirUser", "patient"} & itself.keys()
    assert (
        application.authorize(application.asks("system/*.rs"))
        .headers["location"]
        .count("error=invalid_scope")
    )
    assert application.reads(by_person).status_code == 200


def test_a_refreshed_token_is_for_the_same_places_people_and_scopes(
    house: House, clinic: Clinic, application: Application
) -> None:
    scope, resource = "launch/patient patient/*.rs offline_access", f"{ORIGIN}/fhir"
    code = application.code(clinic.therapist, scope, clinic.client.uuid, resource=resource)
    first = application.redeem(code).json()
    other = f"{ORIGIN}/graphql"
    second = application.refresh(first["refresh_token"], resource=other).json()

    one, two = (said(found["access_token"]) for found in (first, second))
    for name in ("aud", "scope", "patient", "sub", "client_id", "grant"):
        assert one[name] == two[name], name
    assert resource in one["aud"]
    assert other not in two["aud"]


def said(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    found: dict[str, Any] = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found


@pytest.mark.parametrize("which", ["refresh_token", "id_token", "code"])
def test_nothing_but_an_access_token_opens_the_api(
    house: House, clinic: Clinic, application: Application, which: str
) -> None:
    scope = "openid user/*.rs offline_access"
    code = application.code(clinic.therapist, scope)
    given = code if which == "code" else application.redeem(code).json()[which]
    assert application.reads(given).status_code == 401


def test_a_house_without_tls_gives_no_tokens(house: House) -> None:
    assert house.settings(issuer="http://127.0.0.1:8000").issuer
    for issuer in ("http://alliance.example", "alliance.example", "ftp://alliance.example"):
        with pytest.raises(ValueError, match="ISSUER"):
            house.settings(issuer=issuer)


@pytest.fixture
def inside() -> Iterator[tuple[int, list[str]]]:
    """A server of this machine, which publishes keys and notes who connects."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    get = server.get_request

    def noted() -> Any:
        found = get()
        asked.append("connected")
        return found

    server.get_request = noted  # type: ignore[method-assign]  # a connection is noted, not only GET
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port, asked
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "localhost", "127.1", "0x7f000001", "[::ffff:127.0.0.1]"]
)
def test_a_client_s_keys_are_not_fetched_from_inside(
    house: House, clinic: Clinic, inside: tuple[int, list[str]], host: str
) -> None:
    port, asked = inside
    key = elliptic("P-256")
    application = system(
        house, clinic.manager, key=key, jwks=None, jwks_uri=f"https://{host}:{port}/jwks"
    )
    given = {"grant_type": "client_credentials", "scope": "system/*.rs"}
    answer = application.posts("/oauth/token", given)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert asked == []
    httpx.get(f"http://127.0.0.1:{port}/", trust_env=False)
    assert asked, "it would have been noted"


def test_no_secret_of_a_refused_client_is_told_again(house: House, clinic: Clinic) -> None:
    ehr = system(house, clinic.manager)
    shown = {
        "grant_type": "client_credentials",
        "scope": f"system/*.rs {HOSTILE}",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": f"{ehr.assertion()}{HOSTILE}",
    }
    answer = house.http("POST", "/oauth/token", data=shown)
    assert answer.status_code == 401
    assert HOSTILE not in answer.text + str(answer.headers)


def test_fapi_s_profile_pushes_its_requests(house: House) -> None:
    given: dict[str, Any] = {
        "profile": "FAPI2",
        "dpop_bound_access_tokens": True,
        "key": elliptic(),
    }
    strict, other = register(house, **given), register(house, key=elliptic())
    answer = strict.authorize(strict.asks("user/*.rs"))
    assert strict.answer(answer.headers["location"])["error"] == "invalid_request"
    assert other.request(other.asks("user/*.rs"))
