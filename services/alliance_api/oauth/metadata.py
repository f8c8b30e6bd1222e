"""What the server says about itself: RFC 8414, OpenID Connect, SMART, RFC 9728, and its keys."""

from __future__ import annotations

from typing import Any, Final

from alliance_api.charter.scopes import GATES

from . import authenticate, dpop
from .authority import Authority
from .clients import GRANTS, METHODS
from .scopes import WORDS

# What SMART calls a capability, and this server has.
CAPABILITIES: Final = (
    "launch-ehr",
    "launch-standalone",
    "authorize-post",
    "client-public",
    "client-confidential-symmetric",
    "client-confidential-asymmetric",
    "sso-openid-connect",
    "context-ehr-patient",
    "context-ehr-encounter",
    "context-standalone-patient",
    "context-banner",
    "context-style",
    "permission-offline",
    "permission-online",
    "permission-patient",
    "permission-user",
    "permission-v2",
)

_SERVICES: Final = "http://terminology.hl7.org/CodeSystem/restful-security-service"
_URIS: Final = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"


def scopes() -> list[str]:
    """Return every scope that can be asked for, but for combinations of its letters."""
    resources = sorted({gate.partition(".")[0] for gate in GATES})
    smart = [
        f"{level}/{resource}.rs"
        for level in ("patient", "user", "system")
        for resource in ("*", *resources)
    ]
    return [*sorted(WORDS), *smart]


def server(here: Authority) -> dict[str, Any]:
    """Return RFC 8414's metadata."""
    algorithms = list(authenticate.ALGORITHMS)
    methods = list(METHODS)
    found: dict[str, Any] = {
        "issuer": here.issuer,
        "authorization_endpoint": here.at("/oauth/authorize"),
        "token_endpoint": here.at("/oauth/token"),
        "pushed_authorization_request_endpoint": here.at("/oauth/par"),
        "device_authorization_endpoint": here.at("/oauth/device_authorization"),
        "revocation_endpoint": here.at("/oauth/revoke"),
        "introspection_endpoint": here.at("/oauth/introspect"),
        "jwks_uri": here.at("/oauth/jwks"),
        "scopes_supported": scopes(),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANTS),
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "dpop_signing_alg_values_supported": list(dpop.ALGORITHMS),
        "protected_resources": [here.issuer, here.fhir],
    }
    for endpoint in ("token", "revocation", "introspection"):
        kinds = [method for method in methods if endpoint != "introspection" or method != "none"]
        found[f"{endpoint}_endpoint_auth_methods_supported"] = kinds
        found[f"{endpoint}_endpoint_auth_signing_alg_values_supported"] = algorithms
    if here.statements is not None:
        found["registration_endpoint"] = here.at("/oauth/register")
    return found


def openid(here: Authority) -> dict[str, Any]:
    """Return OpenID Connect Discovery's metadata."""
    return {
        **server(here),
        "userinfo_endpoint": here.at("/oauth/userinfo"),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "amr", "fhirUser"],
        "claims_parameter_supported": False,
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
    }


def smart(here: Authority) -> dict[str, Any]:
    """Return SMART App Launch 2.2's configuration."""
    return {**server(here), "capabilities": list(CAPABILITIES)}


def resource(here: Authority, path: str) -> dict[str, Any]:
    """Return RFC 9728's metadata of a resource of ours."""
    return {
        "resource": here.at(path),
        "authorization_servers": [here.issuer],
        "jwks_uri": here.at("/oauth/jwks"),
        "scopes_supported": scopes(),
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": list(dpop.ALGORITHMS),
        "dpop_bound_access_tokens_required": False,
    }


def capability(here: Authority) -> dict[str, Any]:
    """Return FHIR's statement, which older SMART clients read to find out where to log in.

    It is true: no resource is served at this base yet.
    """
    places = {
        "authorize": "/oauth/authorize",
        "token": "/oauth/token",
        "introspect": "/oauth/introspect",
        "revoke": "/oauth/revoke",
        "manage": "/account/applications",
    }
    uris = [{"url": name, "valueUri": here.at(path)} for name, path in places.items()]
    security = {
        "cors": True,
        "service": [{"coding": [{"system": _SERVICES, "code": "SMART-on-FHIR"}]}],
        "extension": [{"url": _URIS, "extension": uris}],
    }
    about = "Says where people log in. No resource is served here yet: ask by GraphQL."
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-28",
        "kind": "instance",
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "software": {"name": "Alliance"},
        "implementation": {"description": "Alliance", "url": here.fhir},
        "rest": [{"mode": "server", "documentation": about, "security": security}],
    }
