"""The notifier's composition root: settings in, one ASGI application and one worker out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from chassis import health
from chassis.masters import LocalMasters, local_masters
from chassis.vault import Vault
from notifier.ledger.people import Contacts
from notifier.ledger.store import Store
from notifier.settings import Settings


def masters_of(settings: Settings) -> LocalMasters:
    """Return the operator's master keys. A key service would stand here."""
    given = settings.master_keys
    text = given.get_secret_value() if given is not None else None
    return local_masters(text, settings.master_keys_file)


class Parts:
    """What the web process and the worker share."""

    def __init__(self, settings: Settings) -> None:
        """Put it together; nothing is opened yet."""
        self.settings = settings
        self.masters = masters_of(settings)
        self.store = Store(settings.database_url.get_secret_value(), size=settings.pool_size)
        self.contacts = Contacts(self.store, Vault(self.masters))


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the application; without settings they come from the environment."""
    parts = Parts(settings or Settings())  # type: ignore[call-arg]  # the environment fills them

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await parts.store.open()
        yield
        await parts.store.close()

    # No interactive documentation: its pages would load scripts from elsewhere.
    app = FastAPI(
        title="Alliance notifier",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.router.routes.append(health.live())
    app.router.routes.append(health.ready(lambda: parts.store.run("SELECT 1")))
    return app
