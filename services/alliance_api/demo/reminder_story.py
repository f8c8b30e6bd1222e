"""The end of the story: the reminder of the next session arrives, and says nothing to a bystander."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import httpx

from .api import Api
from .inbox import text_of
from .reminding import Reminding
from .tokens import token

ADDRESS = "amira@example.org"
# The kind speaks two hours before a session; so this one is due in a moment.
BEFORE, MOMENT = timedelta(hours=2), timedelta(seconds=4)
ARRIVES_SECONDS = 60.0
_TELLING = re.compile(
    r"therap|session|clinic|practice|linden|tomas|lindqvist|rating", re.IGNORECASE
)


def contact(reminding: Reminding) -> bool:
    """Let Amira say where she is reached, and give back the code that was sent there."""
    with httpx.Client(base_url=reminding.address, timeout=30, headers=_as_client()) as client:
        given = {"channel": "email", "address": ADDRESS}
        point = _json(client.post("/v1/contact-points", json=given))
        mail = reminding.inbox.wait_for(lambda each: "code" in str(each["Subject"]), 30)
        code = re.search(r"\d{6}", text_of(mail)) if mail else None
        path = f"/v1/contact-points/{point['id']}/verification"
        verified = _json(client.post(path, json={"code": code.group() if code else "000000"}))
        # Whenever the demo runs, it must not be night.
        chosen = {"zone": "Europe/Stockholm", "quiet": None, "channels": ["email"]}
        _json(client.put("/v1/preferences", json=chosen))
    return bool(verified["state"] == "VERIFIED")


def schedule(api: Api, case: str) -> None:
    """Let Tomas plan a session of which it is time to be reminded."""
    start = datetime.now(UTC) + BEFORE + MOMENT
    api.done(
        "therapist",
        "scheduleSession",
        "session { id }",
        case=case,
        plannedStart=start.isoformat(),
        plannedEnd=(start + timedelta(minutes=50)).isoformat(),
        modality="VIDEO",
    )


def arrived(reminding: Reminding) -> EmailMessage | None:
    """Return the reminder, when it is there."""
    return reminding.inbox.wait_for(_has_calendar, ARRIVES_SECONDS)


def is_discreet(mail: EmailMessage) -> bool:
    """Say whether neither subject nor text tell a bystander anything."""
    text = text_of(mail).partition("\n-- ")[0]
    return not _TELLING.search(
        f"{mail['Subject']} {mail['From']} {text}".replace("@linden.invalid", "")
    )


def _has_calendar(mail: EmailMessage) -> bool:
    return any(part.get_content_type() == "text/calendar" for part in mail.iter_attachments())


def _as_client() -> dict[str, str]:
    return {"authorization": f"Bearer {token('client', 'contacts.write')}"}


def _json(response: httpx.Response) -> Any:
    if not response.is_success:
        raise SystemExit(f"The notifier refused a request of the story: {response.text}")
    return response.json()
