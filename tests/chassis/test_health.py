import asyncio

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.types import ASGIApp

from chassis import health
from chassis.masters import BYTES, Ring
from notifier.app import create_app
from notifier.settings import Settings

pytestmark = pytest.mark.ground


async def fine() -> None:
    """A probe that succeeds."""


async def broken() -> None:
    raise ConnectionError("db at 10.0.0.7 refused alliance_api")


async def stuck() -> None:
    await asyncio.sleep(60)


def get(app: ASGIApp, path: str) -> tuple[int, dict[str, str]]:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.get(path)

    response = asyncio.run(ask())
    return response.status_code, response.json()


def answer_to(probe: health.Probe) -> tuple[int, dict[str, str]]:
    return get(Starlette(routes=[health.ready(probe, patience=0.05)]), "/health/ready")


def test_a_service_whose_probe_succeeds_is_ready() -> None:
    assert answer_to(fine) == (200, {"status": "ready"})


@pytest.mark.parametrize("probe", [broken, stuck])
def test_a_service_whose_probe_fails_or_hangs_is_not_ready_and_does_not_say_why(
    probe: health.Probe,
) -> None:
    assert answer_to(probe) == (503, {"status": "not ready"})


def test_the_notifier_lives() -> None:
    masters = Ring({"test": bytes(BYTES)}).text()
    settings = Settings(database_url=SecretStr("postgresql://x"), master_keys=SecretStr(masters))
    assert get(create_app(settings), "/health/live") == (200, {"status": "live"})
