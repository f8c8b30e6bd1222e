"""Archives over real HTTP, and a case with something of every kind to be in one."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import uvicorn

from alliance_api.app import create_app
from alliance_api.domain.disclosure import Disclosure
from chassis.tokens import new_key
from tests.archives import files
from tests.builders import Story, a_case
from tests.house import House
from tests.people import Clinic, Person

from .told import disagreement, mismatch

PRIVATE_KEY, _ = new_key()
PATH = "/v1/me/archive"
# Words that tell whose they are: where they turn up, and where they do not.
MINE, KEPT, HIS, HIS_OWN, NOTE = (
    "Canary-mine",
    "Canary-kept",
    "Canary-his",
    "Canary-his-own",
    "Canary-note",
)
HOSTILE = '</script><script>alert("1")</script><img src=x onerror=alert(1)>'


@contextmanager
def served(house: House) -> Iterator[str]:
    """The address of a real server that has a key to sign with."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        app = create_app(house.settings(export_key=json.dumps(PRIVATE_KEY)))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        given = {"sockets": [listener]}
        thread = threading.Thread(target=server.run, kwargs=given, daemon=True)
        thread.start()
        until = time.monotonic() + 30
        while not server.started:
            assert time.monotonic() < until
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=30)
        assert not thread.is_alive()


def asked(url: str, who: Person) -> httpx.Response:
    return httpx.get(f"{url}{PATH}", headers=who.headers, timeout=120)


def taken(url: str, who: Person) -> dict[str, bytes]:
    """The files of somebody's archive."""
    response = asked(url, who)
    assert response.status_code == 200, response.text
    return files(response.content)


def data(url: str, who: Person) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(taken(url, who)["data.json"])
    return found


def problem(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    found = response.json()
    assert found["status"] == response.status_code
    return response.status_code, found["code"]


def full(clinic: Clinic) -> Story:
    """A case with something of every kind."""
    told = a_case(clinic).with_sessions("k k c k k > .")
    told.with_ratings(client="3-333", therapist="333", comment=MINE)
    told.with_ratings(client="0", disclosure=Disclosure.PRIVATE, comment=KEPT)
    told.with_ratings(therapist="-----3", disclosure=Disclosure.PRIVATE, comment=HIS_OWN)
    told.with_commitments("Walk").with_commitments("Send the sheet", by="therapist")
    disagreement(told)
    mismatch(told)
    told.asked("client", 1).asked("therapist", 1)
    told.client.done("rateGoal", "", goal=told.goals[0], level=1)
    told.client.done("giveConsent", "", case=told.case_id, kind="SUPERVISION")
    told.therapist.done("writeNote", "", case=told.case_id, body=NOTE)
    clinic.appoint("clinician", "CLINICIAN")
    clinician = clinic.people["clinician"].can("user/*.cruds break_glass")
    clinician.done("breakGlass", "", case=told.case_id, reason="On call tonight")
    told.therapist.reads(
        "query Looked($id: ID!) { case(id: $id) { goals { wording } } }", id=told.case_id
    )
    return told
