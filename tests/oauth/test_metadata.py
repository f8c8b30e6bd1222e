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
