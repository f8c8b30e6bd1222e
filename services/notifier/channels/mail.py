"""E-mail: one recipient, plain text, nothing remote, and a way out in one click (RFC 8058)."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from typing import Any

import aiosmtplib

from . import addresses
from .fence import Fence
from .message import ChannelError, Message


@dataclass(frozen=True, slots=True)
class Relay:
    """The mail server that takes our mail, and who we say we are."""

    host: str
    port: int
    sender: str
    name: str = "Reminder"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    start_tls: bool | None = None
    use_tls: bool = False
    seconds: float = 10.0


def compose(message: Message, sender: str, name: str, address: str) -> EmailMessage:
    """Return the mail. Raises `BadAddress` for anything but one plain address.

    Its Message-ID is made of the key alone: sent twice, it is the same mail, and most mailboxes
    show it once.
    """
    recipient, ours = addresses.email(address), addresses.email(sender)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = f"{_plain(name)} <{ours}>"
    mail["To"] = recipient
    mail["Subject"] = _plain(message.subject)
    mail["Date"] = formatdate()
    digest = hashlib.sha256(message.key.encode()).hexdigest()[:40]
    mail["Message-ID"] = f"<{digest}@{ours.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = message.language
    if message.unsubscribe:
        mail["List-Unsubscribe"] = f"<{message.unsubscribe}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    footer = f"\n\n-- \n{message.unsubscribe}\n" if message.unsubscribe else "\n"
    mail.set_content(message.body + footer)
    if message.calendar is not None:
        mail.add_attachment(
            message.calendar,
            "text",
            "calendar",
            filename="invite.ics",
            params={"method": "PUBLISH"},
        )
    return mail


def _plain(text: str) -> str:
    # A header is one line, and shows no direction but the reader's.
    return "".join(each for each in text if each.isprintable())[:200]


class _Fenced(asyncio.WriteTransport):
    """A way out that writes within the fence: the relay answers between DATA and the mail itself."""

    def __init__(self, transport: asyncio.BaseTransport, fence: Fence) -> None:
        super().__init__()
        self._transport: Any = transport
        self._fence = fence

    def write(self, data: bytes | bytearray | memoryview) -> None:
        with self._fence:
            self._transport.write(data)

    def is_closing(self) -> bool:
        return bool(self._transport.is_closing())

    def close(self) -> None:
        self._transport.close()


class MailChannel:
    """Mail through one relay; a connection for each mail, so that no other's state is in it."""

    def __init__(self, relay: Relay) -> None:
        """Keep the relay."""
        self._relay = relay

    async def send(self, message: Message, address: str) -> str:
        """Send one mail; return its Message-ID. Raises `ChannelError`."""
        relay = self._relay
        try:
            mail = compose(message, relay.sender, relay.name, address)
        except addresses.BadAddress:
            raise ChannelError("BAD_ADDRESS", gone=True) from None
        client = aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            username=relay.user,
            password=relay.password,
            start_tls=relay.start_tls,
            use_tls=relay.use_tls,
            timeout=relay.seconds,
        )
        try:
            await client.connect()
            await self._hand_over(client, mail, message)
        except aiosmtplib.SMTPException as error:
            raise _sorted(error) from None
        except OSError:
            raise ChannelError("UNREACHABLE") from None
        finally:
            client.close()
        return str(mail["Message-ID"])

    async def _hand_over(
        self, client: aiosmtplib.SMTP, mail: EmailMessage, message: Message
    ) -> None:
        await client.mail(addresses.email(self._relay.sender))
        await client.rcpt(str(mail["To"]))
        protocol = client.protocol
        if protocol is None or protocol.transport is None:
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        protocol.transport = _Fenced(protocol.transport, message.fence)
        await client.data(mail.as_bytes())

    async def close(self) -> None:
        """Nothing is kept open."""


# The recipient's mailbox is not there, or is not to be mailed.
_GONE = frozenset({550, 551, 553})


def _sorted(error: aiosmtplib.SMTPException) -> ChannelError:
    """Return what an answer of the relay means: 5yz is for good."""
    code = getattr(error, "code", None)
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return ChannelError("RELAY_REFUSES_US")
    if isinstance(code, int) and code > 0:
        refused = isinstance(error, aiosmtplib.SMTPRecipientRefused)
        gone = refused and code in _GONE
        return ChannelError(f"SMTP_{code}", permanent=code >= 500, gone=gone)  # noqa: PLR2004  (RFC 5321)
    timeout = isinstance(error, aiosmtplib.SMTPTimeoutError)
    return ChannelError("TIMEOUT" if timeout else "UNREACHABLE")
