"""Webhooks verified, and calendar entries read, by programs that are not ours.

Short: the official Python library and icalendar. Long: beside them the official JavaScript library,
ical.js and node-ical, installed by npm for this run.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import icalendar
from standardwebhooks import Webhook, WebhookVerificationError

from evidence.figures import Figure
from notifier.channels.calendar import SUMMARY, entry
from notifier.channels.fence import NO_FENCE
from notifier.channels.message import Message
from notifier.channels.webhook import body, new_secret, signed

PACKAGES = ("standardwebhooks@1.0.0", "ical.js@2", "node-ical")
TARGET = "every signature verified and every forgery refused, every entry read alike"

SCRIPT = r"""
const fs = require("fs");
const { Webhook } = require("standardwebhooks");
const nodeIcal = require("node-ical");
const iso = (date) => new Date(date).toISOString();
(async () => {
  const { default: ICAL } = await import("ical.js");
  const given = JSON.parse(fs.readFileSync(0, "utf8"));
  const verified = given.webhooks.map(({ secret, headers, body }) => {
    try { new Webhook(secret).verify(body, headers); return true; } catch (error) { return false; }
  });
  const events = given.calendars.map((text) => {
    const event = new ICAL.Event(new ICAL.Component(ICAL.parse(text)).getFirstSubcomponent("vevent"));
    const other = Object.values(nodeIcal.sync.parseICS(text)).find((each) => each.type === "VEVENT");
    return [
      [event.uid, iso(event.startDate.toJSDate()), iso(event.endDate.toJSDate()), event.summary],
      [other.uid, iso(other.start), iso(other.end), other.summary],
    ];
  });
  console.log(JSON.stringify({ verified, events }));
})();
"""


def experiment(small: bool) -> Figure:
    """Sign and spell; let others verify and read."""
    chance = random.Random(5)
    hooks, calendars = (
        _webhooks(chance, 20 if small else 500),
        _calendars(chance, 20 if small else 200),
    )
    wanted = [each["good"] for each in hooks]
    ours = {"Python": [_verified(each) for each in hooks]}
    read = {"icalendar": [_read(text) for _, text in calendars]}
    missing = ""
    if not small:
        found = _javascript(hooks, [text for _, text in calendars])
        if found is None:
            missing = "; npm is missing: JavaScript was not run"
        else:
            ours["JavaScript"] = found["verified"]
            read["ical.js"] = [tuple(each[0]) for each in found["events"]]
            read["node-ical"] = [tuple(each[1]) for each in found["events"]]
    verified = {
        name: sum(a == b for a, b in zip(found, wanted, strict=True))
        for name, found in ours.items()
    }
    alike = {
        name: sum(a == b for a, (b, _) in zip(found, calendars, strict=True))
        for name, found in read.items()
    }
    met = (
        not missing
        and set(verified.values()) == {len(hooks)}
        and set(alike.values()) == {len(calendars)}
    )
    told = ", ".join(f"{name} {count} of {len(hooks)}" for name, count in verified.items())
    seen = ", ".join(f"{name} {count} of {len(calendars)}" for name, count in alike.items())
    return Figure("interop", f"webhooks: {told}; calendar: {seen}{missing}", TARGET, met=met)


def _webhooks(chance: random.Random, count: int) -> list[dict[str, Any]]:
    """Return requests: signed with one secret or with two, and a third of them tampered with."""
    found = []
    for number in range(count):
        secrets = tuple(new_secret() for _ in range(1 + number % 2))
        reminder = UUID(int=chance.getrandbits(128), version=4)
        message = Message(
            f"key-{number}",
            "organisation-1",
            reminder,
            "session-upcoming",
            "en",
            "",
            "",
            "",
            NO_FENCE,
            ids=(("occasion", f"session-{number}"),),
            secrets=secrets,
        )
        content = body(message)
        headers = signed(message.key, datetime.now(UTC), content, secrets)
        good = number % 3 != 2
        if not good:
            content = _changed(content, chance)
        secret = chance.choice(secrets)
        found.append({"secret": secret, "headers": headers, "body": content.decode(), "good": good})
    return found


def _changed(content: bytes, chance: random.Random) -> bytes:
    place = content.index(b"session-upcoming") + chance.randrange(16)
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def _verified(hook: dict[str, Any]) -> bool:
    try:
        Webhook(hook["secret"]).verify(hook["body"], hook["headers"])
    except WebhookVerificationError:
        return False
    return True


def _calendars(chance: random.Random, count: int) -> list[tuple[tuple[str, ...], str]]:
    """Return calendars, and what must be read from each."""
    found: list[tuple[tuple[str, ...], str]] = []
    for number in range(count):
        start = datetime(2027, 1, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(525_600))
        end = start + timedelta(minutes=chance.choice([25, 50, 90]))
        language = chance.choice(sorted(SUMMARY))
        text = entry(f"session-{number}", start, end, start, language=language).decode()
        # Unfolded by hand: what an id is made of is the notifier's own affair.
        [uid] = re.findall(r"^UID:(.+)$", text.replace("\r\n ", "").replace("\r", ""), re.MULTILINE)
        assert "session" not in text
        found.append(((uid, _iso(start), _iso(end), SUMMARY[language]), text))
    return found


def _read(text: str) -> tuple[str, ...]:
    (event,) = icalendar.Calendar.from_ical(text).walk("VEVENT")
    start, end = (event.decoded(name) for name in ("DTSTART", "DTEND"))
    return str(event["UID"]), _iso(start), _iso(end), str(event["SUMMARY"])


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _javascript(hooks: list[dict[str, Any]], calendars: list[str]) -> dict[str, Any] | None:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        return None
    with tempfile.TemporaryDirectory(prefix="interop-") as name:
        install = [npm, "install", "--no-audit", "--no-fund", "--silent", *PACKAGES]
        subprocess.run(install, cwd=name, check=True, timeout=300)
        (Path(name) / "read.cjs").write_text(SCRIPT, encoding="utf-8")
        given = json.dumps({"webhooks": hooks, "calendars": calendars})
        done = subprocess.run(
            [node, "read.cjs"], cwd=name, input=given, capture_output=True, text=True, check=True
        )
        found: dict[str, Any] = json.loads(done.stdout)
    return found
