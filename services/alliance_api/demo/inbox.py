"""A mailbox on loopback: takes what the demo's notifier sends, and shows it on a page."""

from __future__ import annotations

import asyncio
import email
import html
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default

_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="5">'
    "<title>Inbox</title><style>body{{font:1rem/1.5 system-ui;max-width:40rem;margin:2rem auto}}"
    "article{{border:1px solid #8888;border-radius:.5rem;padding:1rem;margin:1rem 0}}"
    "pre{{white-space:pre-wrap;font:inherit}}</style><h1>Inbox</h1>{mails}</html>"
)
_LONGEST_LINE = 64 * 1024


class Inbox:
    """What arrived, and the two ports."""

    def __init__(self) -> None:
        """Begin empty."""
        self.mails: list[EmailMessage] = []
        self.smtp = self.http = 0

    def wait_for(
        self, wanted: Callable[[EmailMessage], bool], seconds: float
    ) -> EmailMessage | None:
        """Return the first mail that is wanted, as soon as it is there; None if it does not come."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for mail in list(self.mails):
                if wanted(mail):
                    return mail
            time.sleep(0.05)
        return None

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak as much SMTP as it takes to get a mail."""
        writer.write(b"220 inbox\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                self.keep(await reader.readuntil(b"\r\n.\r\n"))
            writer.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
            if verb == b"QUIT":
                break
        writer.close()

    def keep(self, data: bytes) -> None:
        """Keep a mail as it came over the line."""
        text = data.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
        found = email.message_from_bytes(text, policy=default)
        self.mails.append(found)

    async def show(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer any request with the page."""
        await reader.readuntil(b"\r\n\r\n")
        mails = "".join(map(_shown, reversed(self.mails))) or "<p>Nothing yet.</p>"
        page = _PAGE.format(mails=mails).encode()
        policy = b"content-security-policy: default-src 'none'; style-src 'unsafe-inline'\r\n"
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\n" + policy
        writer.write(head + b"content-length: %d\r\nconnection: close\r\n\r\n" % len(page) + page)
        await writer.drain()
        writer.close()


def text_of(mail: EmailMessage) -> str:
    """Return a mail's text."""
    body = mail.get_body(("plain",))
    return str(body.get_content()) if body is not None else ""


def _shown(mail: EmailMessage) -> str:
    about = html.escape(f"{mail['Subject']} — to {mail['To']}")
    return f"<article><h2>{about}</h2><pre>{html.escape(text_of(mail))}</pre></article>"


@contextmanager
def an_inbox() -> Iterator[Inbox]:
    """Serve a mailbox in a thread of its own."""
    inbox, ready, stop = Inbox(), threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        smtp = await asyncio.start_server(inbox.take, "127.0.0.1", 0, limit=_LONGEST_LINE)
        page = await asyncio.start_server(inbox.show, "127.0.0.1", 0)
        inbox.smtp, inbox.http = (each.sockets[0].getsockname()[1] for each in (smtp, page))
        ready.set()
        await stop.wait()
        smtp.close()
        page.close()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield inbox
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(5)
