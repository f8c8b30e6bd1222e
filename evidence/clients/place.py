"""A real server as a program, its people, the applications at it, and a browser that logs in."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from alliance_api.oauth.people import invitations
from tests.applications import Application, elliptic, register, system
from tests.house import House
from tests.people import Clinic, Person, a_clinic
from tests.visitors import PASSWORD, Browser, Clock

WAIT = 60.0
CALLBACK = "http://127.0.0.1/callback"
# Nobody listens there: the browser's last answer says where it would go.
BACK = "http://127.0.0.1:9/callback"


@dataclass
class Place:
    """The running server and who is there. The therapist has an account, and is signed in."""

    house: House
    clinic: Clinic
    address: str
    clock: Clock = field(default_factory=Clock)
    person: str = ""  # the name by which the therapist signs in
    recovery: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.browser = Browser(self, {})
        self.person = self._invited(self.clinic.therapist)

    def _invited(self, who: Person) -> str:
        async def work() -> tuple[str, str]:
            async with self.house.database.desk() as desk:
                account, secret = await invitations.invite(
                    desk, who.organisation, who.uuid, name=None, by=None, now=datetime.now(UTC)
                )
            return account.name, secret

        name, secret = self.house.run(work)
        self.browser.enrol(f"/account/enrol?invitation={secret}", PASSWORD)
        # Who works here needs a second step.
        _, self.recovery = self.browser.add_app()
        return name

    def visit(self, address: str) -> str:
        """Go where an application sends the person, agree to all of it; return where that leads."""
        assert address.startswith(self.address), "an application sends people to this server"
        parts = urlsplit(address)
        self.browser.get(f"{parts.path}?{parts.query}" if parts.query else parts.path)
        if parts.fragment:
            self.browser.press("/oauth/device", user_code=parts.fragment)
        if "text/html" in self.browser.response.headers.get("content-type", ""):
            assert not self.browser.path.startswith("/oauth/authorize"), self.browser.page.text
            form = self.browser.page.form("/oauth/consent")
            radios = [one for one in self.browser.page.all("input") if one.get("type") == "radio"]
            chosen = {"patient": self.clinic.client.id} if radios else {}
            self.browser.send(form, "Allow", **chosen)
        if parts.fragment:
            return self.address + self.browser.path
        return self.browser.away

    def take_back(self) -> None:
        """Take back whatever was allowed."""
        self.browser.get("/account/applications")
        while [one for one in self.browser.page.forms() if one.action == "/account/applications"]:
            self.browser.press("/account/applications")

    def application(self, scope: str, **more: Any) -> Application:
        """Register an application on this machine; its redirect address may have any port."""
        given = {"application_type": "native", "redirect_uris": [CALLBACK], **more}
        return register(self.house, scope=scope, **given)

    def back_end(self, scope: str) -> Application:
        """Register the back end of an EHR, to whom the client has consented."""
        if "ehr" not in self.clinic.people:
            self.clinic.appoint("ehr", "EHR")
            self.clinic.client.done("giveConsent", "", case=self.clinic.case_id, kind="EHR")
        return system(self.house, self.clinic.ehr, scope, key=elliptic())

    def launched(self, application: Application, intent: str) -> str:
        """Have the EHR say that the client is on its screen; return the word for it."""
        ehr = self.back_end("system/*.rs launches.write")
        at = f"{self.address}/oauth/token"
        given = {"grant_type": "client_credentials", "scope": "launches.write"}
        shown = {**ehr.credentials()[0], "client_assertion": ehr.assertion(aud=at)}
        with httpx.Client(trust_env=False) as client:
            token = client.post(at, data={**given, **shown}).raise_for_status().json()
            answer = client.post(
                f"{self.address}/oauth/launches",
                headers={"authorization": f"Bearer {token['access_token']}"},
                json={
                    "client_id": application.id,
                    "patient": self.clinic.client.id,
                    "intent": intent,
                },
            )
        return str(answer.raise_for_status().json()["launch"])


@contextmanager
def opened(house: House, log: Path) -> Iterator[Place]:
    """Serve a house as `alliance serve` does, at an address that is its issuer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "DATABASE_URL": house.url,
        "MASTER_KEYS_FILE": str(house.masters),
        "ISSUER": address,
    }
    command = [sys.executable, "-m", "alliance_api", "serve", "--port", str(port)]
    with log.open("ab") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
    try:
        _await(process, address)
        found = Place(house, a_clinic(house), address)
        yield found
        found.browser.close()
    finally:
        process.terminate()
        process.wait(timeout=30)


def _await(process: subprocess.Popen[bytes], address: str) -> None:
    until = time.monotonic() + WAIT
    with httpx.Client(trust_env=False) as client:
        while time.monotonic() < until and process.poll() is None:
            try:
                if client.get(f"{address}/health/ready").status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
    raise RuntimeError("the server did not start")
