"""[discreet] Who looks over a shoulder learns nothing, and neither service holds what the other knows.

Wording: every kind in every language goes out by every channel, made from facts whose ids and codes
are canaries; what leaves is searched. Discreet texts must have no clinical word, by the lists of
all languages together and by the words of the API's own vocabulary. No text may have a canary.
Webhooks are for programs: ids are what they carry, and they have no words.

Databases: `discreet_database`.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from io import StringIO
from uuid import UUID, uuid4

from alliance_api.charter.facets import Facet
from alliance_api.charter.relations import Relation
from alliance_api.domain.constructs import Construct
from alliance_api.domain.signal_kinds import SignalKind
from alliance_api.instruments.loader import load_all as load_instruments
from evidence import discreet_database
from evidence.figures import Figure
from notifier.channels import mail, webhook
from notifier.channels.console import ConsoleChannel
from notifier.channels.fence import NO_FENCE
from notifier.channels.message import Message
from notifier.channels.provider import Provider, ProviderChannel
from notifier.domain.reminder import Reminder
from notifier.kinds.examples import run
from notifier.kinds.languages import languages, plain
from notifier.kinds.loader import Folder, load_all
from notifier.ledger.claims import Claimed
from notifier.ledger.people import ContactPoint, Known
from notifier.worker.speaking import Speaking

CANARY = "kanarie"
_THING = re.compile(r"\b(session|occasion|commitment|goal|signal|emergency)-(\w+)")
_CODE = re.compile(r"\b(instrument|by)=\S+")
# Words of the API's vocabulary that everybody uses for anything, and two that only remind.
COMMON = frozenset(
    {
        "check",
        "form",
        "note",
        "plan",
        "recordamos",
        "recordatorio",
        "short",
        "time",
        "version",
        "with",
    }
)
LEAST = 4


@dataclass(slots=True)
class Found:
    """What was looked at, and what was found in it."""

    texts: Counter[str] = field(default_factory=Counter)
    clinical: list[str] = field(default_factory=list)
    canaries: list[str] = field(default_factory=list)

    def look(self, where: str, channel: str, texts: Sequence[str], *, discreet: bool) -> None:
        """Search texts for canaries and, where they must be discreet, for clinical words."""
        for text in texts:
            self.texts[channel] += 1
            if CANARY in plain(text):
                self.canaries.append(f"{where}: {text[:200]}")
            if discreet and (words := clinical(text)):
                self.clinical.append(f"{where}: {words}")


def clinical(text: str) -> list[str]:
    """Return the words of a text that say something clinical in any language."""
    words = set(re.findall(r"[^\W\d_]+", plain(text))) - COMMON
    return [word for word in words if any(stem in word for stem in STEMS) or word in VOCABULARY]


STEMS = sorted({stem for each in languages().values() for stem in (*each.clinical, *each.places)})


def _vocabulary() -> Iterator[str]:
    for names in (Facet, Relation, Construct, SignalKind):
        for each in names:
            yield from plain(each.value).replace("_", " ").split()
    for form in load_instruments().values():
        yield from re.findall(r"[^\W\d_]+", plain(form.name))


VOCABULARY = frozenset(word for word in _vocabulary() if len(word) >= LEAST) - COMMON


def experiment(small: bool) -> Figure:
    found = asyncio.run(worded())
    held = discreet_database.looked(small=small)
    kinds, spoken = len(load_all()), len(languages())
    texts = sum(found.texts.values())
    for line in (*found.clinical, *found.canaries, *held.faults):
        print(line)
    enough = (
        kinds >= 11
        and spoken >= 3
        and min(found.texts[each] for each in CHANNELS) >= kinds * spoken * 2
        and planted()
        and held.is_enough
    )
    return Figure(
        "discreet",
        f"{kinds} kinds in {spoken} languages by {len(CHANNELS)} channels, {texts:,} texts: "
        f"{len(found.clinical)} clinical words in discreet ones, {len(found.canaries)} canaries; "
        f"{held}",
        "0, 0; 0 readable, 0 addresses, 0 words",
        enough and not (found.clinical or found.canaries or held.faults),
    )


def planted() -> bool:
    """Whether the search finds what it looks for, in whatever it is hidden."""
    found = Found()
    found.look("here", "email", [f"about {CANARY.upper()}-7", "Gruppentherapie"], discreet=True)
    found.look("here", "email", ["Gruppentherapie", "your attendance"], discreet=False)
    return (len(found.clinical), len(found.canaries)) == (1, 1) and clinical("ATTENDANCE") != []


CHANNELS = ("email", "sms", "push", "webhook", "console", "webpush")


async def worded() -> Found:
    """Send every kind in every language and form by every channel, and search what leaves."""
    found = Found()
    async with _sink() as (address, got):
        for name, folder in load_all().items():
            reminders = planned(folder)
            assert {each.label for each in reminders} == {m.label for m in folder.kind.moments}, (
                name
            )
            for reminder in reminders:
                for code in languages():
                    for explicit in (False, True):
                        message = _message(reminder, code, explicit=explicit)
                        where = f"{name}/{code}/{'explicit' if explicit else 'discreet'}"
                        await _send(found, where, message, address, got, discreet=not explicit)
    return found


def planned(folder: Folder) -> list[Reminder]:
    """Return what a kind plans from the facts of its examples, with canaries for ids and codes."""
    made: dict[str, Reminder] = {}
    for example in folder.examples:
        facts = tuple(
            _CODE.sub(rf"\1={CANARY}", _THING.sub(rf"\1-{CANARY}\2", f)) for f in example.facts
        )
        line = run(folder.kind, replace(example, facts=facts))
        made |= {each.label: each for each in line.reminders.values()}
    return [
        replace(
            each,
            organisation=f"organisation-{CANARY}",
            recipient=f"person-{CANARY}",
            case=f"case-{CANARY}",
            fact=f"fact-{CANARY}",
        )
        for each in made.values()
    ]


def _message(reminder: Reminder, language: str, *, explicit: bool) -> Message:
    chosen = {"language": language, "explicit": explicit, "zone": "Europe/Berlin"}
    claimed = Claimed(reminder, reminder.due_at - timedelta(days=30), 1, 1, "Europe/Berlin")
    point = ContactPoint(UUID(int=7), "email", "VERIFIED", "someone@example.org", ("whsec_AAAA",))
    speaking = Speaking(load_all(), lambda *_: "https://reminders.example.org/leave/abc")
    return speaking.words(claimed, Known(chosen, ()), point, str(uuid4()), NO_FENCE)


async def _send(  # noqa: PLR0913 - what is sent where, and what is looked for
    found: Found, where: str, message: Message, address: str, got: list[bytes], *, discreet: bool
) -> None:
    sent = mail.compose(message, "reminders@example.org", "Reminder", "someone@example.org")
    found.look(where, "email", _read(sent.as_bytes()), discreet=discreet)
    for channel, provider in (
        ("sms", Provider(address)),
        ("push", Provider(address, title="title")),
    ):
        out_there = ProviderChannel(provider)
        await out_there.send(message, "+15550100")
        await out_there.close()
        found.look(where, channel, [got[-1].decode(), *_values(got[-1])], discreet=discreet)
    out = StringIO()
    await ConsoleChannel(out).send(message, "someone")
    found.look(where, "console", [out.getvalue()] * 2, discreet=discreet)
    found.look(where, "webpush", [message.subject, message.short], discreet=discreet)
    told = json.loads(webhook.body(message))
    ids = dict(message.ids)
    rest = {key: value for key, value in told["data"].items() if key not in ids}
    found.look(where, "webhook", [told["type"], json.dumps(rest)], discreet=False)


def _read(raw: bytes) -> list[str]:
    """Return everything that a reader of a mail, or of its source, gets to see."""
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    texts = [f"{name}: {value}" for name, value in parsed.items()]
    for part in parsed.walk():
        texts += [f"{name}: {value}" for name, value in part.items()]
        if not part.is_multipart():
            content = part.get_content()
            texts.append(content if isinstance(content, str) else content.decode())
    return [text.replace("\r\n ", "") for text in texts]


def _values(raw: bytes) -> list[str]:
    return [str(value) for value in json.loads(raw).values()]


@asynccontextmanager
async def _sink() -> AsyncIterator[tuple[str, list[bytes]]]:
    """Serve a provider on loopback that takes everything; yield its address and what it got."""
    got: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = re.search(r"content-length: (\d+)", head)
        got.append(await reader.readexactly(int(length[1]) if length else 0))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield f"http://127.0.0.1:{port}/send", got
