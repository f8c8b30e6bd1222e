"""Malformed requests to the token endpoint of a server that runs as a program, over HTTP."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import httpx
from joserfc import jwk

from evidence.clients.place import Place, opened
from tests.applications import ASSERTION, Application
from tests.house import new_house

from .doors import WELL_MADE
from .mutators import CHARACTERS, Forger, garbled, scopes

DOORS = 6  # the functions that malformed things were brought to before
OFTEN = 500
WORDS = ("system/*.rs", "system/Goal.rs", "user/Goal.rs", "openid", "launch")

Asked = tuple[str, dict[str, Any]]


class Sender:
    """A back end that is registered, and sends nothing but what is wrong."""

    def __init__(self, place: Place, application: Application) -> None:
        self._place, self._application = place, application
        assert application.key is not None
        needed = ("iss", "sub", "aud", "exp", "jti")
        header = {"alg": "ES384", "kid": "one"}
        self._assertions = Forger(application.key, header, needed, ("exp", "nbf", "iat"))
        key = jwk.ECKey.generate_key("P-256")
        proof = {"alg": "ES256", "typ": "dpop+jwt", "jwk": key.as_dict(private=False)}
        self._proofs = Forger(key, proof, ("jti", "htm", "htu", "iat"), ("iat",))
        self._ways = (
            self._assertion, self._assertion, self._proof, self._scope, self._body, self._fields,
            self._basic, self._bearer,
        )  # fmt: skip

    @property
    def _at(self) -> str:
        return f"{self._place.address}/oauth/token"

    def _claims(self) -> dict[str, Any]:
        me = self._application.id
        return {"iss": me, "sub": me, "aud": self._at, "jti": uuid4().hex, "exp": _now() + 240}

    def _form(self, **more: str) -> dict[str, str]:
        good = {
            "grant_type": "client_credentials",
            "scope": "system/*.rs",
            "client_assertion_type": ASSERTION,
            "client_assertion": self._assertions.good(self._claims()),
        }
        return {**good, **more}

    def good(self) -> Asked:
        """Return a request that is answered with a token."""
        return "/oauth/token", {"data": self._form()}

    def wrong(self, chance: Random) -> Asked:
        """Return a request that must be refused."""
        return chance.choice(self._ways)(chance)

    def _assertion(self, chance: Random) -> Asked:
        made = self._assertions.wrong(chance, self._claims())
        data = self._form(client_assertion=_utf8(made))
        return chance.choice(("/oauth/token", "/oauth/introspect")), {"data": data}

    def _proof(self, chance: Random) -> Asked:
        claims = {"htm": "POST", "htu": self._at, "jti": uuid4().hex, "iat": _now()}
        # What a header cannot carry is left out, and what is left might be a good one.
        headers = {"dpop": b"x" + _header(self._proofs.wrong(chance, claims))}
        return "/oauth/token", {"data": self._form(), "headers": headers}

    def _scope(self, chance: Random) -> Asked:
        while True:
            text = _utf8(scopes(chance, WORDS))
            if not any(WELL_MADE.fullmatch(word.replace(".read", ".rs")) for word in text.split()):
                return "/oauth/token", {"data": self._form(scope=text)}

    def _body(self, chance: Random) -> Asked:
        text = garbled(chance, "grant_type=client_credentials&scope=system%2F*.rs")
        kinds = ("application/x-www-form-urlencoded", "application/json", "text/plain", "")
        headers = {"content-type": chance.choice(kinds)}
        content = text.encode(errors="surrogatepass")
        return "/oauth/token", {"content": content, "headers": headers}

    def _fields(self, chance: Random) -> Asked:
        name = chance.choice(("grant_type", "client_assertion_type"))
        more = {name: _utf8(garbled(chance, self._form()[name]))}
        if chance.random() < 0.5:
            kind = chance.choice(("authorization_code", "refresh_token"))
            made = _utf8("".join(chance.choices(CHARACTERS, k=43)))
            more = {"grant_type": kind, "code": made, "refresh_token": made, "code_verifier": made}
        return "/oauth/token", {"data": self._form(**more)}

    def _basic(self, chance: Random) -> Asked:
        text = garbled(chance, "Basic Y2xpZW50OnNlY3JldA==")
        data = {"grant_type": "client_credentials", "scope": "system/*.rs"}
        return "/oauth/token", {"data": data, "headers": {"authorization": _header(text)}}

    def _bearer(self, chance: Random) -> Asked:
        made = _header(self._assertions.wrong(chance, self._claims()))
        token = (b"Bearer " + made).strip()
        headers = {"authorization": token, "content-type": "application/json"}
        return "/graphql", {"content": b'{"query": "{ viewer { id } }"}', "headers": headers}


def _now() -> int:
    return int(time.time())


def _header(text: str) -> bytes:
    return "".join(one for one in text if one.isprintable()).strip().encode()


def _utf8(text: str) -> str:
    return text.encode(errors="replace").decode()


def sent(chance: Random, count: int) -> tuple[int, list[str]]:
    """Send so many; return how many were, and what was wrong with the answers."""
    faults: list[str] = []
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder, new_house() as house:
        log = Path(folder) / "server.log"
        with (
            opened(house, log) as place,
            httpx.Client(base_url=place.address, trust_env=False, timeout=30) as client,
        ):
            sender = Sender(place, place.back_end("system/*.rs"))
            for number in range(count):
                if number % OFTEN == 0:
                    faults += _good(client, sender)
                faults += _wrong(client, sender, chance)
            faults += _good(client, sender)
        errors = log.read_text().count('"level": "ERROR"')
    return count, faults + [f"{errors} errors in the log"] * bool(errors)


def _good(client: httpx.Client, sender: Sender) -> list[str]:
    path, given = sender.good()
    answer = client.post(path, **given)
    return [] if "access_token" in answer.text else [f"a good one was refused: {answer.text}"]


def _wrong(client: httpx.Client, sender: Sender, chance: Random) -> list[str]:
    path, given = sender.wrong(chance)
    try:
        answer = client.post(path, **given)
    except httpx.TransportError as error:
        return [f"crashed: {type(error).__name__} of {path}"]
    if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        return [f"crashed: {answer.status_code} {path} {given}"[:400]]
    if answer.status_code < httpx.codes.BAD_REQUEST:
        return [f"granted: {answer.status_code} {path} {given}"[:400]]
    return []
