"""The programs under `examples/`, each against a server of its own."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import uvicorn

from alliance_api.app import create_app
from alliance_api.store import seed
from tests.applications import agree, elliptic, register, system
from tests.house import House
from tests.people import Clinic, Person

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def issuer(house: House) -> Iterator[str]:
    """A server at an address of this machine, which is its issuer."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(create_app(house.settings(issuer=address)), log_config=None)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            thread.join(0.05)
            assert thread.is_alive()
        yield address
        server.should_exit = True
        thread.join()


def started(name: str, *arguments: str) -> subprocess.Popen[str]:
    program = [sys.executable, str(EXAMPLES / name), *arguments]
    return subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_mobile_app_logs_in_asks_refreshes_and_revokes(
    house: House, clinic: Clinic, issuer: str
) -> None:
    application = register(
        house,
        application_type="native",
        redirect_uris=["http://127.0.0.1/callback"],
        scope="openid fhirUser offline_access user/*.rs",
    )
    with started("mobile_app.py", issuer, application.id) as program:
        assert program.stdout is not None
        address = program.stdout.readline().partition(": ")[2].strip()
        with httpx.Client(trust_env=False) as browser:
            page = browser.get(address).headers["location"]
            [id_] = parse_qs(urlsplit(page).query)["request"]
            browser.get(agree(house, id_, clinic.therapist))
        told, errors = program.communicate(timeout=60)
    assert program.returncode == 0, errors
    assert told.splitlines() == [
        "Logged in, and may: openid fhirUser offline_access user/*.rs",
        "Cases: 1",
        "Refreshed: Cases: 1",
        "Logged out.",
    ]


def test_the_back_end_of_an_ehr_asks_and_launches(
    house: House, clinic: Clinic, issuer: str, tmp_path: Path
) -> None:
    key = elliptic()
    with house.engine.begin() as connection:
        uuid = seed.person(connection, clinic.organisation, "The EHR", office="EHR")
    ehr = system(
        house,
        Person(house, "ehr", uuid, clinic.organisation),
        "system/*.rs launches.write",
        key=key,
    )
    application = register(house, launch_url="https://app.test/launch")
    file = tmp_path / "key.json"
    file.write_text(json.dumps({**key.as_dict(private=True), "kid": "one"}))
    given = (issuer, ehr.id, str(file), application.id, clinic.client.id)
    with started("ehr_back_end.py", *given) as program:
        told, errors = program.communicate(timeout=60)
    assert program.returncode == 0, errors
    may, cases, launch = told.splitlines()
    assert may == "May, for 300 seconds: system/*.rs launches.write"
    assert cases == "Cases: 0", "nobody has consented"
    assert launch.startswith("Open this in a browser: https://app.test/launch?iss=")
