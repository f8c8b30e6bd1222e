"""Who may say from where a request came: the proxies an operator names, and nobody else."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from alliance_api.commands import serving as verb
from alliance_api.settings import Settings
from chassis import serving

pytestmark = pytest.mark.ground

PROXY, OTHER, CLIENT = "10.213.77.2", "172.18.0.1", "198.51.100.7"


def seen(trusted: str, peer: str, *headers: tuple[bytes, bytes]) -> tuple[str, str]:
    """Return where a request came from and how, as uvicorn lets an application see it."""
    found: list[tuple[str, str]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        found.append((scope["client"][0], scope["scheme"]))

    config = uvicorn.Config(app, **serving.options(trusted))
    config.load()
    scope: dict[str, Any] = {
        "type": "http",
        "scheme": "http",
        "client": (peer, 50_000),
        "headers": list(headers),
    }

    async def nothing(*_: object) -> Any: ...

    asyncio.run(config.loaded_app(scope, nothing, nothing))
    return found[0]


SAID = (b"x-forwarded-for", CLIENT.encode())


def test_a_trusted_proxy_says_from_where() -> None:
    assert seen(PROXY, PROXY, SAID, (b"x-forwarded-proto", b"https")) == (CLIENT, "https")


@pytest.mark.parametrize("trusted", [PROXY, "", "10.213.77.0/28, 127.0.0.1"])
def test_nobody_else_does(trusted: str) -> None:
    assert seen(trusted, OTHER, SAID, (b"x-forwarded-proto", b"https")) == (OTHER, "http")


def test_what_a_client_says_before_the_proxy_does_not_count() -> None:
    told = (b"x-forwarded-for", f"203.0.113.9, {CLIENT}".encode())
    assert seen(PROXY, PROXY, told)[0] == CLIENT
    assert seen(PROXY, PROXY, (b"x-forwarded-for", b"203.0.113.9"), SAID)[0] == CLIENT


def test_what_uvicorn_would_read_by_itself_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    for trusted in ("", PROXY):
        assert seen(trusted, OTHER, SAID)[0] == OTHER


@pytest.mark.parametrize(
    "given", ["*", "proxy", "0.0.0.0/0", "::/0", "10.0.0.1/8", "10.0.0.1;", "1"]
)
def test_names_and_everybody_are_refused(given: str) -> None:
    with pytest.raises(ValueError, match="TRUSTED_PROXIES"):
        serving.proxies(given)


def test_a_server_does_not_start_with_a_proxy_that_is_no_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    monkeypatch.setenv("MASTER_KEYS", "{}")
    monkeypatch.setenv("TRUSTED_PROXIES", "*")
    with pytest.raises(SystemExit, match="TRUSTED_PROXIES"):
        verb._checked()


def test_an_issuer_left_empty_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISSUER", "")
    settings = Settings(database_url="postgresql://x", master_keys="{}")  # type: ignore[arg-type]
    assert settings.issuer is None


def test_it_ends_before_an_engine_kills_it_and_after_a_statement() -> None:
    statement, engine = 5, 10
    assert statement < serving.GRACE_SECONDS < engine
    assert serving.options()["timeout_graceful_shutdown"] == serving.GRACE_SECONDS
    assert not serving.options()["access_log"]
