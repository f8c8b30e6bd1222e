"""Applications of other people: registered at the house, they ask for tokens as any client would."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit
from uuid import UUID, uuid4

import httpx
from joserfc import jwk
from joserfc.jws import JWSRegistry

from alliance_api.oauth import registering, requests
from alliance_api.oauth.requests import SignedIn
from tests.house import ORIGIN, House
from tests.people import Person

CALLBACK = "https://app.test/callback"
TOKEN = f"{ORIGIN}/oauth/token"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SCOPES = "openid fhirUser launch launch/patient offline_access user/*.cruds patient/*.rs"


def spelt(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def sign(key: jwk.Key | bytes, header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Sign as the header says, however wrong that is."""
    parts = [spelt(json.dumps(part).encode()) for part in (header, claims)]
    signed = ".".join(parts)
    if isinstance(key, bytes):
        digest = f"sha{header['alg'].removeprefix('HS')}"
        return f"{signed}.{spelt(hmac.digest(key, signed.encode(), digest))}"
    algorithm = JWSRegistry.algorithms[header["alg"]]
    return f"{signed}.{spelt(algorithm.sign(signed.encode(), key))}"


def elliptic(curve: str = "P-384") -> jwk.Key:
    return jwk.ECKey.generate_key(curve)


def public(key: jwk.Key, **more: Any) -> dict[str, Any]:
    return {**key.as_dict(private=False), **more}


@dataclass
class Holder:
    """Somebody with a key, who proves it."""

    key: jwk.Key = field(default_factory=lambda: elliptic("P-256"))

    @property
    def print(self) -> str:
        return str(self.key.thumbprint())

    def proof(self, method: str, path: str, token: str | None = None, **claims: Any) -> str:
        given: dict[str, Any] = {
            "jti": uuid4().hex,
            "htm": method,
            "htu": ORIGIN + path,
            "iat": int(time.time()),
        }
        if token is not None:
            given["ath"] = spelt(hashlib.sha256(token.encode()).digest())
        return self.signed({**given, **claims})

    def signed(self, claims: dict[str, Any], **header: Any) -> str:
        usual = {"typ": "dpop+jwt", "alg": "ES256", "jwk": public(self.key)}
        return sign(self.key, {**usual, **header}, claims)


@dataclass
class Application:
    """A client, and what it keeps to itself."""

    house: House
    id: str
    secret: str | None = None
    key: jwk.Key | None = None
    redirect_uri: str = CALLBACK
    verifier: str = field(default_factory=lambda: spelt(os.urandom(32)))
    holder: Holder | None = None

    @property
    def challenge(self) -> str:
        return spelt(hashlib.sha256(self.verifier.encode()).digest())

    def asks(
        self, scope: str | None = SCOPES.replace("launch ", ""), **more: Any
    ) -> dict[str, str]:
        """Return the parameters of an authorization request; None takes one away."""
        given = {
            "response_type": "code",
            "client_id": self.id,
            "redirect_uri": self.redirect_uri,
            "scope": scope,
            "state": "a-state",
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
            **more,
        }
        return {name: value for name, value in given.items() if value is not None}

    def authorize(self, given: dict[str, str] | None = None) -> httpx.Response:
        return self.house.http("GET", "/oauth/authorize", params=given or self.asks())

    def request(self, given: dict[str, str] | None = None) -> str:
        """Ask, and return the id of the request that waits for its person."""
        answer = self.authorize(given)
        assert answer.status_code == 303, answer.text
        address = answer.headers["location"]
        assert address.startswith(f"{ORIGIN}/oauth/login?request="), address
        return parse_qs(urlsplit(address).query)["request"][0]

    def code(
        self,
        who: Person,
        scope: str = SCOPES.replace("launch ", ""),
        patient: UUID | None = None,
        **more: Any,
    ) -> str:
        """Ask, have the person agree to all of it, and return the code."""
        id_ = self.request(self.asks(scope, **more))
        return self.answer(agree(self.house, id_, who, patient))["code"]

    def answer(self, address: str) -> dict[str, str]:
        """Return what came back by redirect."""
        assert address.startswith(self.redirect_uri), address
        found = dict(parse_qsl(urlsplit(address).query))
        assert found["iss"] == ORIGIN
        return found

    def assertion(self, **claims: Any) -> str:
        assert self.key is not None
        curve = self.key.as_dict(private=False).get("crv")
        algorithm = {"P-384": "ES384", "P-256": "ES256"}.get(str(curve), "RS384")
        given = {
            "iss": self.id,
            "sub": self.id,
            "aud": TOKEN,
            "exp": int(time.time()) + 240,
            "jti": uuid4().hex,
            **claims,
        }
        return sign(self.key, {"alg": algorithm, "kid": "one"}, given)

    def credentials(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return the parameters and headers that show who it is."""
        if self.key is not None:
            shown = {"client_assertion_type": ASSERTION, "client_assertion": self.assertion()}
            return {"client_id": self.id, **shown}, {}
        if self.secret is not None:
            told = b64encode(f"{self.id}:{self.secret}".encode()).decode()
            return {}, {"authorization": f"Basic {told}"}
        return {"client_id": self.id}, {}

    def sends(self, path: str, given: dict[str, Any], **headers: str) -> dict[str, Any]:
        """Return the arguments of a request in which it shows who it is."""
        shown, header = self.credentials()
        if self.holder is not None and "dpop" not in headers:
            header = {**header, "dpop": self.holder.proof("POST", path)}
        return {
            "method": "POST",
            "path": path,
            "given": {"data": {**shown, **given}, "headers": {**header, **headers}},
        }

    def posts(self, path: str, given: dict[str, Any], **headers: str) -> httpx.Response:
        sent = self.sends(path, given, **headers)
        return self.house.http("POST", path, **sent["given"])

    def redeeming(self, code: str, **more: Any) -> dict[str, Any]:
        given = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
            **more,
        }
        return {name: value for name, value in given.items() if value is not None}

    def redeem(self, code: str, **more: Any) -> httpx.Response:
        return self.posts("/oauth/token", self.redeeming(code, **more))

    def refresh(self, token: str, **more: Any) -> httpx.Response:
        return self.posts(
            "/oauth/token", {"grant_type": "refresh_token", "refresh_token": token, **more}
        )

    def tokens(self, who: Person, scope: str = "user/*.cruds offline_access") -> dict[str, Any]:
        """Have a person log in and agree; return the answer with the tokens."""
        answer = self.redeem(self.code(who, scope))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def reads(self, token: str, query: str = "{ caseload { nodes { id } } }") -> httpx.Response:
        """Ask the API, whose cases there are unless it is told what."""
        content = json.dumps({"query": query})
        headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
        if self.holder is not None:
            headers["authorization"] = f"DPoP {token}"
            headers["dpop"] = self.holder.proof("POST", "/graphql", token)
        return self.house.http("POST", "/graphql", content=content, headers=headers)


def signed_in(who: Person, session: UUID | None = None) -> SignedIn:
    at = datetime.now(UTC).replace(microsecond=0)
    return SignedIn(who.uuid, who.organisation, at, ("pwd", "otp"), session or uuid4())


def agree(
    house: House, id_: str, who: Person, patient: UUID | None = None, session: UUID | None = None
) -> str:
    """Let a person agree to all that was asked; return where the browser goes."""

    async def work() -> str:
        asked = await requests.asked(house.database, id_)
        assert asked is not None
        one = signed_in(who, session)
        return await requests.granted(house.database, id_, one, asked.scopes, patient)

    return house.run(work)


def register(house: House, organisation: UUID | None = None, **more: Any) -> Application:
    """Register a client: public and on the web, unless `more` says otherwise."""
    key = more.pop("key", None)
    person = more.pop("person", None)
    given = {
        "client_name": "An application",
        "token_endpoint_auth_method": "none",
        "redirect_uris": [CALLBACK],
        "scope": SCOPES,
        **more,
    }
    if key is not None:
        given["token_endpoint_auth_method"] = "private_key_jwt"
        given.setdefault("jwks", {"keys": [public(key, kid="one")]})
        if given["jwks"] is None:
            del given["jwks"]

    async def work() -> registering.Registered:
        wanted = registering.checked(given, loopback=True)
        async with house.database.desk() as desk:
            return await registering.add(
                desk,
                wanted,
                os.urandom,
                datetime.now(UTC),
                "tests",
                organisation=organisation,
                person=person,
            )

    made = house.run(work)
    redirects = given["redirect_uris"] or [CALLBACK]
    holder = Holder() if given.get("dpop_bound_access_tokens") else None
    return Application(house, made.id, made.secret, key, redirects[0], holder=holder)


def system(house: House, who: Person, scope: str = "system/*.rs", **more: Any) -> Application:
    """Register a client that acts as somebody of the organisation, without people."""
    return register(
        house,
        who.organisation,
        application_type="system",
        person=who.uuid,
        redirect_uris=[],
        scope=scope,
        key=more.pop("key", None) or elliptic(),
        **more,
    )
