"""Two authorization servers that the same requests are sent to: ours, and npm oidc-provider.

Both know the same kinds of clients: `public`, `other` (public too), `keyed` (private_key_jwt),
`secret` (client_secret_basic), `bound` (public, DPoP), `strict` (private_key_jwt, DPoP, pushed
requests) and `system` (client credentials).
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, urlsplit
from uuid import uuid4

import httpx
from joserfc import jwk

from evidence.rfc9700_servers import free_port
from tests.applications import ASSERTION, CALLBACK, Holder, agree, elliptic, public, register
from tests.applications import sign as signed
from tests.applications import spelt as spelled
from tests.house import House
from tests.people import Clinic

PEER: Final = "oidc-provider@9.13.3"
SCOPE: Final = "openid offline_access user/*.rs"
OF_SYSTEM: Final = "system/*.rs"
ALL: Final = "openid offline_access user/*.rs user/*.cruds"
KINDS: Final = ("public", "other", "keyed", "secret", "bound", "strict", "system")
OURS: Final = {
    "authorize": "/oauth/authorize",
    "par": "/oauth/par",
    "token": "/oauth/token",
    "userinfo": "/oauth/userinfo",
    "introspect": "/oauth/introspect",
    "revoke": "/oauth/revoke",
}
THEIRS: Final = {
    "authorize": "/auth",
    "par": "/request",
    "token": "/token",
    "userinfo": "/me",
    "introspect": "/token/introspection",
    "revoke": "/token/revocation",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a request: taken or not, and what was said."""

    accepted: bool
    told: str

    @property
    def word(self) -> str:
        """One word for the page."""
        return "accepted" if self.accepted else "refused"


@dataclass
class Place:
    """A server under test. `agrees` is its person: an address to ask at in, the answer out."""

    issuer: str
    paths: Mapping[str, str]
    waits: str
    agrees: Callable[[Place, str], str]
    parties: dict[str, Party] = field(default_factory=dict)
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30, trust_env=False))

    def at(self, what: str) -> str:
        """Return the address of an endpoint."""
        return self.issuer + self.paths[what]

    def posts(
        self, what: str, form: Mapping[str, Any], headers: Any = None, query: str = ""
    ) -> httpx.Response:
        """Send a form to an endpoint."""
        return self.http.post(self.at(what) + query, data=dict(form), headers=headers)

    def __getitem__(self, kind: str) -> Party:
        """Return a client."""
        return self.parties[kind]


@dataclass
class Party:
    """A client at one of the servers, and what it keeps to itself."""

    place: Place
    id: str
    key: jwk.Key | None = None
    secret: str | None = None
    holder: Holder | None = None
    strict: bool = False
    nonce: str | None = None
    verifier: str = field(default_factory=lambda: spelled(os.urandom(32)))

    def asks(self, **more: Any) -> dict[str, str]:
        """Return the parameters of an authorization request; None takes one away."""
        given = {
            "response_type": "code",
            "client_id": self.id,
            "redirect_uri": CALLBACK,
            "scope": SCOPE,
            "state": "a-state",
            "prompt": "consent",
            "code_challenge": spelled(hashlib.sha256(self.verifier.encode()).digest()),
            "code_challenge_method": "S256",
            **more,
        }
        return {name: value for name, value in given.items() if value is not None}

    def authorize(self, given: Any) -> httpx.Response:
        """Go to the authorization endpoint, as a browser that has never been there."""
        self.place.http.cookies.clear()
        return self.place.http.get(self.place.at("authorize"), params=given)

    def asked(self, given: Any = None) -> Verdict:
        """Ask, and say whether the request now waits for its person."""
        answer = self.authorize(given or self.asks())
        location = answer.headers.get("location", "")
        if urlsplit(location).path.startswith(self.place.waits):
            return Verdict(accepted=True, told="it waits for its person")
        if not location:
            return Verdict(accepted=answer.status_code < 400, told=f"page {answer.status_code}")
        told = dict(parse_qsl(urlsplit(location).query or urlsplit(location).fragment))
        home = location.partition("?")[0].partition("#")[0] == CALLBACK
        return Verdict(accepted=not home or "error" not in told, told=told.get("error", location))

    def code(self, **more: Any) -> str:
        """Ask, have the person agree, and return the code."""
        given = self.asks(**more)
        if self.strict:
            uri = self.pushes(given).json()["request_uri"]
            given = {"client_id": self.id, "request_uri": uri}
        answer = self.authorize(given)
        location = self.place.agrees(self.place, answer.headers["location"])
        told = {name: value for name, (value, *_) in parse_qs(urlsplit(location).query).items()}
        assert told.get("iss") == self.place.issuer, told
        return told["code"]

    def assertion(self, key: jwk.Key | bytes | None = None, **claims: Any) -> str:
        """Return a client assertion; members of the header come as `head`."""
        head = claims.pop("head", {})
        now = int(time.time())
        given = {
            "iss": self.id,
            "sub": self.id,
            "aud": self.place.issuer,
            "iat": now,
            "exp": now + 240,
            "jti": uuid4().hex,
            **claims,
        }
        given = {name: value for name, value in given.items() if value is not None}
        assert self.key is not None
        return signed(key or self.key, {"alg": "ES256", "kid": "one", **head}, given)

    def shows(self, assertion: str | None = None) -> tuple[dict[str, str], dict[str, str]]:
        """Return the parameters and headers that say who it is."""
        if self.secret is not None:
            told = b64encode(f"{self.id}:{self.secret}".encode()).decode()
            return {}, {"authorization": f"Basic {told}"}
        if self.key is None:
            return {"client_id": self.id}, {}
        shown = assertion or self.assertion()
        return {
            "client_id": self.id,
            "client_assertion_type": ASSERTION,
            "client_assertion": shown,
        }, {}

    def proof(self, what: str, token: str | None = None, method: str = "POST", **more: Any) -> str:
        """Return a proof of possession for an endpoint."""
        assert self.holder is not None
        nonce = {} if self.nonce is None else {"nonce": self.nonce}
        given = {"htu": self.place.at(what), **nonce, **more}
        return self.holder.proof(method, "", token, **given)

    def sends(self, what: str, form: Mapping[str, Any], **how: Any) -> httpx.Response:
        """Send a form and show who it is; `proof`, `assertion` and `query` may be given."""
        shown, headers = self.shows(how.get("assertion"))
        answer = self._sent(what, {**shown, **form}, headers, how)
        told = answer.headers.get("dpop-nonce")
        if not self.strict or "use_dpop_nonce" not in answer.text or told == self.nonce:
            return answer
        # As RFC 9449 wants it: once again, with the nonce that came.
        self.nonce, (shown, headers) = told, self.shows()
        return self._sent(what, {**shown, **form}, headers, how)

    def _sent(
        self, what: str, form: Mapping[str, Any], headers: Mapping[str, str], how: dict[str, Any]
    ) -> httpx.Response:
        proof = how.get("proof", self.proof(what) if self.holder else None)
        given = {**headers, **({} if proof is None else {"dpop": proof})}
        return self.place.posts(what, form, given, how.get("query", ""))

    def pushes(self, given: Mapping[str, Any] | None = None, **how: Any) -> httpx.Response:
        """Push an authorization request."""
        return self.sends("par", given or self.asks(), **how)

    def redeems(self, code: str, *, how: Mapping[str, Any] | None = None, **more: Any) -> Verdict:
        """Ask for tokens by a code."""
        return of_tokens(self.redeemed(code, how=how, **more))

    def redeemed(
        self, code: str, *, how: Mapping[str, Any] | None = None, **more: Any
    ) -> httpx.Response:
        """Ask for tokens by a code; return the answer."""
        given = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": self.verifier,
            **more,
        }
        form = {name: value for name, value in given.items() if value is not None}
        return self.sends("token", form, **(how or {}))

    def tokens(self, **more: Any) -> dict[str, Any]:
        """Return the tokens of a new grant."""
        answer = self.redeemed(self.code(**more))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def refreshed(self, token: str, *, how: Any = None, **more: Any) -> httpx.Response:
        """Refresh; return the answer."""
        form = {"grant_type": "refresh_token", "refresh_token": token, **more}
        return self.sends("token", form, **(how or {}))

    def refreshes(self, token: str, *, how: Any = None, **more: Any) -> Verdict:
        """Refresh."""
        return of_tokens(self.refreshed(token, how=how, **more))

    def uses(self, token: str, scheme: str = "Bearer", *proofs: str) -> Verdict:
        """Ask who signed in, by an access token."""
        headers = [("authorization", f"{scheme} {token}"), *(("dpop", proof) for proof in proofs)]
        answer = self.place.http.get(self.place.at("userinfo"), headers=headers)
        return Verdict(answer.status_code == 200, f"{answer.status_code}")


def of_tokens(answer: httpx.Response) -> Verdict:
    """Say whether an answer gives what was asked for."""
    try:
        told = str(answer.json().get("error", answer.status_code))
    except json.JSONDecodeError:
        told = str(answer.status_code)
    return Verdict(answer.status_code in {200, 201}, told)


def ours(house: House, clinic: Clinic, address: str) -> Place:
    """Return our server, which runs at an address, with its clients."""

    def agrees(_: Place, location: str) -> str:
        request = parse_qs(urlsplit(location).query)["request"][0]
        return agree(house, request, clinic.therapist)

    place = Place(address, OURS, "/oauth/login", agrees)
    manager = clinic.people["manager"]
    key = {kind: elliptic("P-256") for kind in ("keyed", "strict", "system")}
    code: dict[str, Any] = {"scope": ALL}
    system: dict[str, Any] = {
        "scope": OF_SYSTEM,
        "application_type": "system",
        "person": manager.uuid,
        "redirect_uris": [],
    }
    given: dict[str, dict[str, Any]] = {
        "public": code,
        "other": code,
        "keyed": {**code, "key": key["keyed"]},
        "secret": {**code, "token_endpoint_auth_method": "client_secret_basic"},
        "bound": {**code, "dpop_bound_access_tokens": True},
        "strict": {
            **code,
            "key": key["strict"],
            "dpop_bound_access_tokens": True,
            "profile": "FAPI2",
        },
        "system": {**system, "key": key["system"]},
    }
    for kind in KINDS:
        made = register(house, manager.organisation, **given[kind])
        place.parties[kind] = Party(
            place, made.id, key.get(kind), made.secret, made.holder, strict=kind == "strict"
        )
    return place


@contextmanager
def theirs(folder: Path, npm: str, node: str) -> Iterator[Place]:
    """Install and start oidc-provider; give it with its clients."""
    (folder / "package.json").write_text("{}", encoding="utf-8")
    install = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent", PEER]
    subprocess.run(install, cwd=folder, check=True, capture_output=True, timeout=300)
    port = free_port()
    place = Place(f"http://127.0.0.1:{port}", THEIRS, "/interaction/", _follow)
    clients = [_registered(place, kind) for kind in KINDS]
    scopes = [*ALL.split(), OF_SYSTEM]
    plan = {"folder": str(folder), "port": port, "scopes": scopes, "clients": clients}
    (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    script = Path(__file__).with_name("rfc9700_peer.mjs")
    process = subprocess.Popen(
        [node, str(script), str(folder / "plan.json")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n", "oidc-provider did not start"
        yield place
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()


def _follow(place: Place, location: str) -> str:
    for _ in range(10):
        if not location.startswith((place.issuer, "/")):
            return location
        address = location if location.startswith("http") else place.issuer + location
        location = place.http.get(address).headers["location"]
    raise AssertionError("a circle of redirects")


def _registered(place: Place, kind: str) -> dict[str, Any]:
    key = elliptic("P-256") if kind in {"keyed", "strict", "system"} else None
    secret = uuid4().hex if kind == "secret" else None
    bound = kind in {"bound", "strict"}
    party = Party(place, kind, key, secret, Holder() if bound else None, strict=kind == "strict")
    place.parties[kind] = party
    method = "private_key_jwt" if key else "client_secret_basic" if secret else "none"
    client: dict[str, Any] = {
        "client_id": kind,
        "token_endpoint_auth_method": method,
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "dpop_bound_access_tokens": bound,
        "require_pushed_authorization_requests": kind == "strict",
        "scope": ALL,
    }
    if kind == "system":
        client |= {"redirect_uris": [], "response_types": [], "scope": OF_SYSTEM}
        client |= {"grant_types": ["client_credentials"]}
    if key is not None:
        client["jwks"] = {"keys": [public(key, kid="one", alg="ES256", use="sig")]}
    if secret is not None:
        client["client_secret"] = secret
    return client
