"""The console: for whoever tries the notifier out and has neither mail nor telephone at hand."""

from __future__ import annotations

import sys
from typing import TextIO

from .message import Message


class ConsoleChannel:
    """Prints messages. Not for production: a log is no place for addresses."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        """Keep where to print."""
        self._out = out

    async def send(self, message: Message, address: str) -> str:
        """Print one message."""
        with message.fence:
            self._out.write(f"to {address}: {message.subject}\n{message.body}\n\n")
        return message.key

    async def close(self) -> None:
        """Leave the console open; it is not ours."""
