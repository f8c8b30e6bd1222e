"""The doors that malformed things come to, each without a network and without a database.

They are the product's own functions. What keeps rows is replaced by a few in memory: a client, and
names that were used before.
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random
from typing import Any, TypeVar, cast
from uuid import UUID, uuid4

from joserfc import jwk
from starlette.requests import Request

from alliance_api.charter.principal import NotAPrincipal, principal_of
from alliance_api.domain.ids import Kind, format_id
from alliance_api.oauth import dpop
from alliance_api.oauth.authenticate import ASSERTION, authenticated
from alliance_api.oauth.authority import Authority
from alliance_api.oauth.client_keys import ClientKeys
from alliance_api.oauth.errors import OAuthError
from alliance_api.oauth.forms import Form, parsed
from alliance_api.oauth.scopes import allowed, asked_for
from chassis.tokens import Issuer, TokenRefused, Verifier

from .mutators import Forger, garbled, odd, scopes

T = TypeVar("T")
ISSUER, CLIENT = "https://house.test", "client-of-the-fuzzer"
PERSON = format_id(Kind.PERSON, UUID(int=7))
ORGANISATION = format_id(Kind.ORGANISATION, UUID(int=8))
REGISTERED = ("user/Goal.rs", "openid", "offline_access")
# What the registered scopes may become: themselves, and less of them.
GRANTED = frozenset({*REGISTERED, "user/Goal.r", "user/Goal.s"})
ASKED = (
    *REGISTERED,
    "user/Goal.read",
    "user/*.cruds",
    "patient/Task.rs",
    "launch",
    "user/Goal.cud",
)


# SMART's grammar once more, in other words than the charter's.
WELL_MADE = re.compile(
    r"(patient|user|system)/([A-Z][a-zA-Z]+|[*])[.](?=[cruds])c?r?u?d?s?([?]category=[a-z]+)?"
)


class Granted(Exception):  # noqa: N818  (it says what happened)
    """Something malformed was let through."""


class Desk:
    """The rows of one client, and names that were used."""

    def __init__(self, client: Mapping[str, Any]) -> None:
        self._client, self._used = dict(client), set[str | None]()

    async def row(self, statement: str, **values: Any) -> dict[str, Any] | None:
        found = "oauth.clients" in statement and values["id"] == self._client["id"]
        return self._client if found else None

    async def at_desk(self, _: str, given: Sequence[str | None]) -> bytes | None:
        taken, name = self._used, given[0]
        if name in taken:
            return None
        taken.add(name)
        return b"first"

    @asynccontextmanager
    async def desk(self) -> AsyncIterator[Desk]:
        yield self


class Keys:
    """The keys that the house signs with."""

    async def signing(self, _: str) -> dict[str, Any]:
        return {"d": "not a secret", "kid": "one"}


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """Run what has nothing to wait for."""
    try:
        work.send(None)
    except StopIteration as done:
        return cast("T", done.value)
    work.close()
    raise RuntimeError("it waits for something")


class Doors:
    """Each of the ways in; `wrong` brings one malformed thing to one of them."""

    def __init__(self) -> None:
        self._key = jwk.ECKey.generate_key("P-256")
        public = {**self._key.as_dict(private=False), "kid": "one"}
        keys = {"keys": [public]}
        self._verifier = Verifier([Issuer(ISSUER, keys=keys)], "alliance")
        self._here = Authority(
            issuer=ISSUER,
            audience="alliance",
            db=cast("Any", Desk(_row(keys))),
            keys=cast("Any", Keys()),
            client_keys=ClientKeys(cast("Any", None), time.monotonic),
            statements=None,
            clock=lambda: datetime.now(UTC),
            random=Random(1).randbytes,
        )
        head = {"alg": "ES256", "kid": "one"}
        self._tokens = Forger(
            self._key, {**head, "typ": "at+jwt"}, ("exp", "iss", "aud"), ("exp", "nbf", "iat")
        )
        self._assertions = Forger(
            self._key, head, ("iss", "sub", "aud", "exp", "jti"), ("exp", "nbf", "iat")
        )
        proof = {"alg": "ES256", "typ": "dpop+jwt", "jwk": self._key.as_dict(private=False)}
        self._proofs = Forger(self._key, proof, ("jti", "htm", "htu", "iat"), ("iat",))
        self.ways = (
            self._scope, self._scope, self._token, self._token, self._assertion, self._assertion,
            self._proof, self._claims, self._form,
        )  # fmt: skip

    def good(self) -> None:
        """Bring good ones to every door. Raises if one of them is shut."""
        assert self._scopes("user/Goal.read openid user/*.cruds") == ("user/Goal.rs", "openid")
        assert at_once(self._verifier.verify(self._tokens.good(_token())))["iss"] == ISSUER
        assert self._authenticated(self._assertions.good(_assertion())) == CLIENT
        assert self._proved(self._proofs.good(_proof())) == self._key.thumbprint()
        assert principal_of(_claims()).reads
        assert parsed(b"scope=user%2FGoal.rs").get("scope") == "user/Goal.rs"

    def wrong(self, chance: Random) -> str:
        """Bring a malformed one to a door; return which. Raises `Granted`, or whatever it crashed with."""
        way = chance.choice(self.ways)
        way(chance)
        return way.__name__

    @staticmethod
    def _scopes(text: str) -> tuple[str, ...]:
        return allowed(asked_for(text), REGISTERED)

    def _scope(self, chance: Random) -> None:
        text = scopes(chance, ASKED)
        try:
            found = self._scopes(text)
        except OAuthError:
            return
        words = {word.replace(".read", ".rs") for word in text.split(" ")}
        if not GRANTED.issuperset(found) or not words.issuperset(found):
            raise Granted(f"scope {text!r}: {found}")

    def _token(self, chance: Random) -> None:
        text = self._tokens.wrong(chance, _token())
        try:
            at_once(self._verifier.verify(text))
        except TokenRefused:
            return
        raise Granted(f"token {text[:200]!r}")

    def _assertion(self, chance: Random) -> None:
        text = self._assertions.wrong(chance, _assertion())
        try:
            self._authenticated(text)
        except OAuthError:
            return
        raise Granted(f"assertion {text[:200]!r}")

    def _authenticated(self, assertion: str) -> str:
        scope = {"type": "http", "method": "POST", "path": "/oauth/token", "headers": []}
        request = Request({**scope, "query_string": b"", "server": ("house.test", 443)})
        pairs = (("client_assertion_type", ASSERTION), ("client_assertion", assertion))
        return at_once(authenticated(self._here, request, Form(pairs))).id

    def _proof(self, chance: Random) -> None:
        text = self._proofs.wrong(chance, _proof())
        try:
            self._proved(text)
        except OAuthError:
            return
        raise Granted(f"proof {text[:200]!r}")

    def _proved(self, proof: str) -> str:
        return at_once(dpop.proved(self._here, [proof], "POST", "/oauth/token"))

    def _claims(self, chance: Random) -> None:
        """Bring a good token whose claims are odd: it makes nobody, or somebody with less."""
        claims = _claims()
        name = chance.choice(("sub", "organisation", "client_id", "purpose_of_use", "scope"))
        claims[name] = scopes(chance, ASKED) if name == "scope" else odd(chance)
        if name in ("client_id", "purpose_of_use") and isinstance(claims[name], str):
            claims[name] = "\n"
        try:
            found = principal_of(claims)
        except NotAPrincipal:
            return
        made = any(WELL_MADE.fullmatch(word) for word in str(claims["scope"]).split())
        if name != "scope" or ((found.reads or found.writes) and not made):
            raise Granted(f"{name} {claims[name]!r}")

    def _form(self, chance: Random) -> None:
        good = "grant_type=client_credentials&scope=user%2FGoal.rs&client_id=one"
        try:
            parsed(garbled(chance, good).encode(errors="surrogatepass"))
        except OAuthError:
            return


def _row(keys: dict[str, Any]) -> dict[str, Any]:
    nothing = dict.fromkeys(
        ("organisation_id", "person_id", "jwks_uri", "launch_url", "secret_hash", "old_secret_hash",
         "old_secret_until")
    )  # fmt: skip
    return {
        **nothing,
        "id": CLIENT,
        "name": "A client",
        "application": "system",
        "method": "private_key_jwt",
        "profile": "SMART",
        "grants": ["client_credentials"],
        "redirect_uris": [],
        "scopes": list(REGISTERED),
        "dpop": False,
        "jwks": keys,
    }


def _token() -> dict[str, Any]:
    return {"iss": ISSUER, "aud": "alliance", "exp": int(time.time()) + 300, **_claims()}


def _claims() -> dict[str, Any]:
    about = {"sub": PERSON, "organisation": ORGANISATION, "client_id": "fuzz"}
    return {**about, "scope": "user/Goal.rs", "purpose_of_use": "TREAT"}


def _assertion() -> dict[str, Any]:
    said = {"iss": CLIENT, "sub": CLIENT, "aud": f"{ISSUER}/oauth/token", "jti": uuid4().hex}
    return {**said, "exp": int(time.time()) + 240}


def _proof() -> dict[str, Any]:
    where = {"htm": "POST", "htu": f"{ISSUER}/oauth/token"}
    return {**where, "jti": uuid4().hex, "iat": int(time.time())}
