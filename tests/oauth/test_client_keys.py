"""Keys that clients publish: cached, asked for seldom, and gone on with for no more than an hour."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from joserfc import jwk

from alliance_api.oauth.client_keys import ClientKeys
from alliance_api.oauth.clients import Client
from alliance_api.oauth.jws import Jws, read
from chassis.outside import Got
from tests.applications import elliptic, public, sign


class Server:
    """What a client publishes, and how often it was asked."""

    def __init__(self, *keys: dict[str, Any]) -> None:
        self.keys = list(keys)
        self.asked = 0
        self.now = 0.0
        self.fails = False
        self.lasts: float | None = None

    async def fetch(self, _: str) -> Got:
        self.asked += 1
        await asyncio.sleep(0)
        if self.fails:
            raise ConnectionError
        return Got(json.dumps({"keys": self.keys}).encode(), self.lasts)

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


def test_keys_are_kept_no_longer_than_their_server_says() -> None:
    key = elliptic()
    server = Server(public(key, kid="one"))
    keys = server.client_keys()
    server.lasts = 30.0
    for server.now, asked in ((0.0, 1), (29.0, 1), (31.0, 2), (60.0, 2), (62.0, 3)):
        assert ask(keys, signed(key, "one")), server.now
        assert server.asked == asked, server.now
    server.lasts = 1e9
    for server.now, asked in ((93.0, 4), (93.0 + 3599.0, 4), (93.0 + 3601.0, 5)):
        assert ask(keys, signed(key, "one")), server.now
        assert server.asked == asked, server.now


def test_keys_that_may_not_be_kept_are_asked_for_each_time_and_once_by_a_crowd() -> None:
    key = elliptic()
    server = Server(public(key, kid="one"))
    server.lasts = 0.0
    keys = server.client_keys()

    async def crowd() -> list[bool]:
        asking = [keys.signed(CLIENT, signed(key, "one")) for _ in range(50)]
        return await asyncio.gather(*asking)

    with asyncio.Runner() as runner:
        for server.now, asked in ((1.0, 1), (2.0, 2)):
            assert all(runner.run(crowd()))
            assert server.asked == asked
        server.keys = []
        server.now = 3.0
        assert not any(runner.run(crowd())), "a key that was taken away is gone at once"


def test_a_server_that_fails_is_left_alone_for_a_minute() -> None:
    key = elliptic()
    server = Server(public(key, kid="one"))
    server.lasts, server.fails = 0.0, True
    keys = server.client_keys()
    for server.now, asked in ((0.0, 1), (1.0, 1), (59.0, 1), (61.0, 2)):
        assert not ask(keys, signed(key, "one"))
        assert server.asked == asked, server.now


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
