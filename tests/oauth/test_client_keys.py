"""Keys that clients publish: cached, asked for seldom, and gone on with for no more than an hour."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from joserfc import jwk

from alliance_api.oauth.client_keys import ClientKeys
from alliance_api.oauth.clients import Client
from alliance_api.oauth.jws import Jws, read
from tests.applications import elliptic, public, sign


class Server:
    """What a client publishes, and how often it was asked."""

    def __init__(self, *keys: dict[str, Any]) -> None:
        self.keys = list(keys)
        self.asked = 0
        self.now = 0.0
        self.fails = False

    async def fetch(self, _: str) -> bytes:
        self.asked += 1
        if self.fails:
            raise ConnectionError
        return json.dumps({"keys": self.keys}).encode()

    def client_keys(self) -> ClientKeys:
        return ClientKeys(self.fetch, lambda: self.now)


CLIENT = Client(
    id="client-x",
    name="X",
    organisation=None,
    person=None,
    application="web",
    method="private_key_jwt",
    profile="SMART",
    grants=frozenset(),
    redirect_uris=(),
    scopes=(),
    dpop=False,
    jwks=None,
    jwks_uri="https://app.test/jwks",
    launch_url=None,
)


def signed(key: jwk.Key, kid: str) -> Jws:
    return read(sign(key, {"alg": "ES384", "kid": kid}, {"sub": "x"}))


def ask(keys: ClientKeys, found: Jws) -> bool:
    return asyncio.run(keys.signed(CLIENT, found))


def test_keys_are_fetched_once_for_an_hour() -> None:
    key = elliptic()
    server = Server(public(key, kid="one"))
    keys = server.client_keys()
    for server.now in (0.0, 10.0, 3599.0):
        assert ask(keys, signed(key, "one"))
    assert server.asked == 1
    server.now = 3601.0
    assert ask(keys, signed(key, "one"))
    assert server.asked == 2


def test_a_new_key_is_fetched_and_a_made_up_one_asks_once_a_minute() -> None:
    old, new = elliptic(), elliptic()
    server = Server(public(old, kid="old"))
    keys = server.client_keys()
    assert ask(keys, signed(old, "old"))
    server.keys.append(public(new, kid="new"))
    server.now = 61.0
    assert ask(keys, signed(new, "new"))
    for number in range(100):
        assert not ask(keys, signed(new, f"made-up-{number}"))
    assert server.asked == 2
    server.now = 122.0
    assert not ask(keys, signed(new, "made-up"))
    assert server.asked == 3


def test_keys_that_cannot_be_had_are_gone_on_with_until_the_hour_is_over() -> None:
    key = elliptic()
    server = Server(public(key, kid="one"))
    keys = server.client_keys()
    assert ask(keys, signed(key, "one"))
    server.fails = True
    server.now = 3000.0
    assert ask(keys, signed(key, "one"))
    server.now = 3700.0
    assert not ask(keys, signed(key, "one"))


def test_a_key_that_is_private_or_too_short_or_of_another_kind_verifies_nothing() -> None:
    key = elliptic()
    for published in (
        key.as_dict(private=True, kid="one"),
        public(elliptic(), kid="one"),
        public(key, kid="two"),
        public(key, kid="one", use="enc"),
        public(key, kid="one", alg="ES256"),
        {"kty": "oct", "k": "AAAA", "kid": "one"},
        {"kid": "one"},
    ):
        assert not ask(Server(published).client_keys(), signed(key, "one")), published
