"""What every channel takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from .fence import Fence


class ChannelError(Exception):
    """A message that did not go out.

    `permanent` says that this message will not go out here, today or tomorrow; `gone`, that no
    other will either, because nobody is at that address. `after` (seconds) is what the provider
    asked to wait. `code` is of a closed list and holds nothing of what was answered.
    """

    def __init__(
        self, code: str, *, permanent: bool = False, gone: bool = False, after: float | None = None
    ) -> None:
        """Keep them; who is gone is gone for good."""
        super().__init__(code)
        self.code, self.gone, self.after = code, gone, after
        self.permanent = permanent or gone


@dataclass(frozen=True, slots=True)
class Message:
    """A reminder in the words of one language, ready to be sent.

    `key` is the same each time this reminder is sent on this channel; what makes it
    a message leaves within `fence`, which raises `Lapsed` once it must not be sent any more.
    """

    key: str
    organisation: str
    reminder: UUID
    kind: str
    language: str
    subject: str
    body: str
    short: str
    fence: Fence
    event: str = "reminder.due"
    ids: tuple[tuple[str, str], ...] = ()
    calendar: bytes | None = None
    unsubscribe: str | None = None
    secrets: tuple[str, ...] = ()


class Channel(Protocol):
    """One way to reach people."""

    async def send(self, message: Message, address: str) -> str:
        """Send; return the provider's receipt. Raises `ChannelError` or `Lapsed`."""

    async def close(self) -> None:
        """Close what is open."""
