"""What is tried: which client, in which way, and how many steps make it whole."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from joserfc import jwk

from tests.applications import Application, elliptic

from .place import BACK, Place

PERSON = "openid fhirUser offline_access user/*.rs"
INTENT = "reconcile"
LIBRARIES = {
    "authlib": "",
    "oauth4webapi": "oauth4webapi@3.8.8",
    "openid-client": "openid-client@6.9.0",
    "fhirclient (npm)": "fhirclient@2.6.3",
    "fhirclient (PyPI)": "fhirclient==4.4.0",
}

Plan = dict[str, Any]


@dataclass(frozen=True)
class Flow:
    """One client on one of its ways.

    Args:
        library: the client, as `LIBRARIES` has it.
        way: what it does, in a few words.
        program: which of the programs.
        steps: how many make the whole story, so that half a story is none.
        plan: registers the application, and says what the program has to know.
    """

    library: str
    way: str
    program: str
    steps: int
    plan: Callable[[Place], Plan]


def _plan(place: Place, found: Application, scope: str, **more: Any) -> Plan:
    return {
        "issuer": place.address,
        "client_id": found.id,
        "redirect_uri": BACK,
        "scope": scope,
        "case": place.clinic.case_id,
        "query": "{ caseload { nodes { id } } }",
        "patient": place.clinic.client.id,
        **more,
    }


def _private(key: jwk.Key) -> Plan:
    return {**key.as_dict(private=True), "kid": "one"}


def _public(place: Place) -> Plan:
    found = place.application(PERSON)
    return _plan(place, found, PERSON, discovery="oauth2", rotates=True)


def _strict(place: Place) -> Plan:
    key = elliptic("P-256")
    found = place.application(PERSON, key=key, profile="FAPI2", dpop_bound_access_tokens=True)
    more = {"key": _private(key), "dpop": True, "rotates": False, "discovery": "oidc"}
    return _plan(place, found, PERSON, way="person", **more)


def _bound(place: Place) -> Plan:
    found = place.application(PERSON, dpop_bound_access_tokens=True)
    return _plan(place, found, PERSON, way="person")


def _device(place: Place) -> Plan:
    kinds = ["urn:ietf:params:oauth:grant-type:device_code"]
    found = place.application("user/*.rs", grant_types=kinds, redirect_uris=[])
    return _plan(place, found, "user/*.rs", way="device")


def _system(place: Place) -> Plan:
    found = place.back_end("system/*.rs")
    assert found.key is not None
    # A caseload is a person's; a back end asks for the case it was told of.
    query = f'{{ case(id: "{place.clinic.case_id}") {{ id }} }}'
    return _plan(place, found, "system/*.rs", way="system", key=_private(found.key), query=query)


def _secret(place: Place) -> Plan:
    # A web application's address has the one port it was registered with.
    about = {
        "application_type": "web",
        "redirect_uris": [BACK],
        "token_endpoint_auth_method": "client_secret_basic",
    }
    found = place.application(PERSON, **about)
    return _plan(place, found, PERSON, way="person", client_secret=found.secret)


def _standalone(place: Place) -> Plan:
    # The Python library asks for `launch/patient` by itself.
    found = place.application(f"launch/patient {PERSON}")
    return _plan(place, found, PERSON)


def _ehr(place: Place) -> Plan:
    found = place.application(f"launch {PERSON}")
    return _plan(place, found, PERSON, launch=place.launched(found, INTENT))


def _in_browser(place: Place, scope: str, **more: Any) -> Plan:
    found = place.application(scope, redirect_uris=["http://127.0.0.1/app.html"])
    launch = {"launch": place.launched(found, INTENT), "intent": INTENT} if more else {}
    who = {"person": place.person, "recovery": place.recovery.pop()}
    return _plan(place, found, scope, chromium=shutil.which("chromium"), **who, **launch)


FLOWS = (
    Flow("authlib", "a web application with a secret", "with_authlib.py", 10, _secret),
    Flow("authlib", "a back end with a key", "with_authlib.py", 6, _system),
    Flow("oauth4webapi", "a public client", "with_oauth4webapi.mjs", 13, _public),
    Flow("oauth4webapi", "FAPI 2: key, DPoP, nonce", "with_oauth4webapi.mjs", 14, _strict),
    Flow("openid-client", "a public client with DPoP", "with_openid_client.mjs", 12, _bound),
    Flow("openid-client", "FAPI 2: key, DPoP, nonce", "with_openid_client.mjs", 12, _strict),
    Flow("openid-client", "a device", "with_openid_client.mjs", 6, _device),
    Flow("openid-client", "a back end with a key", "with_openid_client.mjs", 6, _system),
    Flow("fhirclient (PyPI)", "standalone launch", "with_fhirclient.py", 8, _standalone),
    Flow("fhirclient (PyPI)", "EHR launch", "with_fhirclient.py", 8, _ehr),
    Flow(
        "fhirclient (npm)",
        "standalone launch in Chromium",
        "with_fhirclient.mjs",
        10,
        lambda place: _in_browser(place, f"launch/patient {PERSON}"),
    ),
    Flow(
        "fhirclient (npm)",
        "EHR launch in Chromium",
        "with_fhirclient.mjs",
        10,
        lambda place: _in_browser(place, f"launch {PERSON}", ehr=True),
    ),
)
