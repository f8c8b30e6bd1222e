"""What the server says about itself, held against Authlib's own validators."""

from __future__ import annotations

import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oidc.discovery import OpenIDProviderMetadata

from tests.house import ORIGIN, House


def test_the_server_s_metadata_are_what_rfc_8414_wants(house: House) -> None:
    answer = house.get("/.well-known/oauth-authorization-server")
    assert answer.status_code == 200
    AuthorizationServerMetadata(answer.json()).validate()
    found = answer.json()
    assert found["issuer"] == ORIGIN
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert found["response_types_supported"] == ["code"]
    assert not {"password", "implicit"} & set(found["grant_types_supported"])
    assert found["authorization_response_iss_parameter_supported"] is True


def test_who_reads_rfc_8414_alone_finds_out_who_signed_in_as_well(house: House) -> None:
    found = house.get("/.well-known/oauth-authorization-server").json()
    assert found["userinfo_endpoint"] == f"{ORIGIN}/oauth/userinfo"
    assert found == house.get("/.well-known/openid-configuration").json()


def test_openid_s_configuration_is_what_discovery_wants(house: House) -> None:
    answer = house.get("/.well-known/openid-configuration")
    OpenIDProviderMetadata(answer.json()).validate()
    assert "RS256" in answer.json()["id_token_signing_alg_values_supported"]


@pytest.mark.parametrize("base", ["", "/fhir"])
def test_smart_s_configuration_has_what_it_must(house: House, base: str) -> None:
    found = house.get(f"{base}/.well-known/smart-configuration").json()
    needed = {
        "authorization_endpoint",
        "capabilities",
        "code_challenge_methods_supported",
        "grant_types_supported",
        "introspection_endpoint",
        "issuer",
        "jwks_uri",
        "revocation_endpoint",
        "scopes_supported",
        "token_endpoint",
        "token_endpoint_auth_methods_supported",
    }
    assert needed <= set(found)
    assert {"launch-ehr", "launch-standalone", "permission-v2"} <= set(found["capabilities"])
    assert {"RS384", "ES384"} <= set(found["token_endpoint_auth_signing_alg_values_supported"])


@pytest.mark.parametrize("path", ["", "/graphql", "/fhir"])
def test_a_resource_says_who_gives_tokens_for_it(house: House, path: str) -> None:
    found = house.get(f"/.well-known/oauth-protected-resource{path}").json()
    assert found["resource"] == ORIGIN + path
    assert found["authorization_servers"] == [ORIGIN]
    assert house.get("/.well-known/oauth-protected-resource/etc").status_code == 404


def test_published_keys_have_no_private_half(house: House) -> None:
    found = house.get("/oauth/jwks").json()["keys"]
    assert {key["alg"] for key in found} == {"ES256", "RS256"}
    for key in found:
        assert set(key) <= {"kty", "crv", "x", "y", "n", "e", "kid", "alg", "use"}


def test_a_browser_s_application_may_ask_from_elsewhere(house: House) -> None:
    for path in ("/oauth/token", "/oauth/revoke", "/oauth/userinfo", "/oauth/jwks"):
        answer = house.http("OPTIONS", path, headers={"origin": "https://app.test"})
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
    asked = house.http("GET", "/oauth/authorize", headers={"origin": "https://app.test"})
    assert asked.status_code == 400


@pytest.mark.parametrize(
    "issuer",
    ["http://alliance.test", "https://alliance.test/path", "https://alliance.test/", "alliance"],
)
def test_an_issuer_is_an_https_address(house: House, issuer: str) -> None:
    with pytest.raises(ValueError, match="ISSUER is an https address"):
        house.settings(issuer=issuer)
    assert house.settings(issuer="https://alliance.test").issuer == "https://alliance.test"


def test_a_client_of_the_first_smart_finds_where_to_log_in_by_fhir_s_own_statement(
    house: House,
) -> None:
    answer = house.get("/fhir/metadata")
    assert answer.headers["content-type"] == "application/fhir+json"
    found = answer.json()
    assert (found["resourceType"], found["fhirVersion"]) == ("CapabilityStatement", "4.0.1")
    [rest] = found["rest"]
    assert "resource" not in rest, "none is served yet"
    [uris] = rest["security"]["extension"]
    places = {one["url"]: one["valueUri"] for one in uris["extension"]}
    about = house.get("/.well-known/smart-configuration").json()
    assert places["authorize"] == about["authorization_endpoint"]
    assert places["token"] == about["token_endpoint"]
    assert places["revoke"] == about["revocation_endpoint"]


def test_an_application_in_a_browser_may_read_what_a_refusal_says(house: House) -> None:
    for path in ("/oauth/token", "/oauth/userinfo"):
        told = house.http("POST", path).headers
        assert told["access-control-allow-origin"] == "*"
        assert "www-authenticate" in told["access-control-expose-headers"]
