"""The notifier's composition root: settings in, one ASGI application and one worker out."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import psycopg
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from fastapi import FastAPI
from pydantic import SecretStr

from chassis import health
from chassis.masters import LocalMasters, local_masters
from chassis.tokens import Issuer, Verifier
from chassis.vault import Vault
from notifier.channels.console import ConsoleChannel
from notifier.channels.guard import Guard
from notifier.channels.http import Pool
from notifier.channels.mail import MailChannel, Relay
from notifier.channels.message import Channel
from notifier.channels.provider import Provider, ProviderChannel
from notifier.channels.webhook import WebhookChannel
from notifier.channels.webpush import Vapid, WebPushChannel
from notifier.feed import Feed, from_file
from notifier.kinds.loader import load_all
from notifier.ledger.chosen import preferences_of
from notifier.ledger.claims import WAKE, Claims
from notifier.ledger.own import Own
from notifier.ledger.people import Contacts
from notifier.ledger.plans import Plans
from notifier.ledger.store import Store
from notifier.links import Links
from notifier.rest import leaving, own, points, problems
from notifier.rest.caller import callers
from notifier.settings import Settings
from notifier.worker import counting
from notifier.worker.delivery import Delivery
from notifier.worker.puller import Puller
from notifier.worker.sender import Sender
from notifier.worker.speaking import Speaking


def masters_of(settings: Settings) -> LocalMasters:
    """Return the operator's master keys. A key service would stand here."""
    given = settings.master_keys
    text = given.get_secret_value() if given is not None else None
    return local_masters(text, settings.master_keys_file)


def channels_of(settings: Settings) -> dict[str, Channel]:
    """Return the channels that the operator has set up, by name."""
    found: dict[str, Channel] = {}
    if settings.smtp:
        found["email"] = MailChannel(Relay(**_json(settings.smtp)))
    for name, given in (("sms", settings.sms), ("push", settings.push)):
        if given:
            found[name] = ProviderChannel(Provider(**_json(given)))
    if settings.webhooks:
        found["webhook"] = WebhookChannel(Pool(_guard(settings)))
    if settings.vapid_key:
        vapid = Vapid(_vapid_key(settings.vapid_key), settings.vapid_contact)
        pool = Pool(_guard(settings))
        found["webpush"] = WebPushChannel(pool, vapid, loopback=settings.development)
    if settings.development:
        found["console"] = ConsoleChannel()
    return found


def _guard(settings: Settings) -> Guard:
    return Guard(loopback=settings.development)


def _json(secret: SecretStr) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(secret.get_secret_value())
    return found


def _vapid_key(secret: SecretStr) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(secret.get_secret_value().encode(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("NOTIFIER_VAPID_KEY must be a P-256 private key")  # noqa: TRY004  (its value is wrong)
    return key


class Parts:
    """What the web process and the worker share. Nothing is opened yet."""

    def __init__(self, settings: Settings, channels: Mapping[str, Channel] | None = None) -> None:
        """Put it together; a test or the demo may bring channels of its own."""
        self.settings = settings
        self.masters = masters_of(settings)
        self.url = settings.database_url.get_secret_value()
        self.store = Store(self.url, size=settings.pool_size)
        self.contacts = Contacts(self.store, Vault(self.masters))
        self.folders = load_all()
        kinds = [each.kind for each in self.folders.values()]
        self.plans = Plans(self.store, kinds, preferences_of)
        self.links = Links(self.masters, settings.public_url)
        self.channels = dict(channels_of(settings) if channels is None else channels)

    def sender(self, name: str) -> Sender:
        """Return a worker of that name."""
        speaking = Speaking(self.folders, self.links.unsubscribe)
        delivery = Delivery(
            self.contacts,
            self.channels,
            check=speaking.check,
            order=speaking.order,
            words=speaking.words,
        )
        return Sender(Claims(self.url, name), delivery, at_once=self.settings.at_once)

    def pullers(self, client: httpx.AsyncClient) -> list[Puller]:
        """Return a puller for each feed."""
        return [
            Puller(
                Feed(each["name"], each["url"], from_file(Path(each["token_file"])), client),
                self.plans,
            )
            for each in self.settings.sources
        ]

    async def close(self) -> None:
        """Close channels and connections."""
        for each in self.channels.values():
            await each.close()
        await self.store.close()


async def work(parts: Parts, stop: asyncio.Event | None = None) -> None:
    """Pull and send until told to stop, by SIGTERM or by the event."""
    told = stop or asyncio.Event()
    if stop is None:
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, told.set)
    await parts.store.open()
    sender = parts.sender(f"{socket.gethostname()}-{os.getpid()}")
    # No proxies from the environment, no redirects: the feed is where the operator says it is.
    async with httpx.AsyncClient(trust_env=False, follow_redirects=False) as client:
        aside = [asyncio.create_task(each.run()) for each in parts.pullers(client)]
        aside.append(asyncio.create_task(counting.watch(parts.store)))
        aside.append(asyncio.create_task(_listen(parts.url, sender.wake)))
        sending = asyncio.create_task(sender.run())
        stopping = asyncio.create_task(told.wait())
        # A task that ended by itself has failed: the process ends, and its keeper starts another.
        await asyncio.wait([*aside, sending, stopping], return_when=asyncio.FIRST_COMPLETED)
        sender.stop()
        for each in (*aside, stopping):
            each.cancel()
        ended = await asyncio.gather(*aside, sending, return_exceptions=True)
    await parts.close()
    for outcome in ended:
        if isinstance(outcome, Exception):
            raise outcome


async def _listen(url: str, wake: asyncio.Event) -> None:
    """Wake the sender when something was planned. Without it polling finds the same, a second later."""
    while True:
        with contextlib.suppress(psycopg.Error):
            async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
                await connection.execute(f"LISTEN {WAKE}".encode())
                async for _ in connection.notifies():
                    wake.set()
        await asyncio.sleep(1)


def create_app(
    settings: Settings | None = None, channels: Mapping[str, Channel] | None = None
) -> FastAPI:
    """Return the application; without settings they come from the environment."""
    given = settings or Settings()  # type: ignore[call-arg]  # the environment fills them
    parts = Parts(given, channels)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await parts.store.open()
        try:
            yield
        finally:
            await parts.close()

    # No interactive documentation: its pages would load scripts from elsewhere.
    app = FastAPI(
        title="Alliance notifier",
        version=version("alliance"),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        # Behind TLS a redirect of its own would lead out of it, with a token in hand.
        redirect_slashes=False,
    )
    _add_routes(app, parts)
    return app


def _add_routes(app: FastAPI, parts: Parts) -> None:
    settings, contacts = parts.settings, parts.contacts
    verifier = Verifier([Issuer(**each) for each in settings.issuers], settings.audience)
    app.state.callers = callers(verifier)
    kinds = {name: each.kind for name, each in parts.folders.items()}
    desk = own.Desk(contacts, parts.plans, Own(parts.store, parts.plans), kinds)
    addressed = points.Points(contacts, parts.channels, development=settings.development)
    app.include_router(points.router(addressed))
    app.include_router(own.router(desk))
    app.router.routes.extend(leaving.routes(parts.links, desk))
    app.router.routes.append(health.live())
    app.router.routes.append(health.ready(lambda: parts.store.run("SELECT 1")))
    problems.install(app)
