"""Messages of `graphql-transport-ws` as they come in, and how a connection is closed."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from chassis.strict_json import BadJson, parse

from .http import LARGEST_BODY


class Close(IntEnum):
    """Why a connection is closed; those who keep the protocol try again after 1013 and 4403."""

    TRY_AGAIN = 1013
    BAD_MESSAGE = 4400
    UNAUTHORISED = 4401
    FORBIDDEN = 4403
    WRONG_PROTOCOL = 4406
    INIT_TIMEOUT = 4408
    ID_TAKEN = 4409
    INIT_TWICE = 4429


class Closed(Exception):  # noqa: N818  (an expected outcome, not an error)
    """The connection is to be closed."""

    def __init__(self, code: Close, reason: str) -> None:
        """Keep what is said of it."""
        super().__init__(reason)
        self.code, self.reason = code, reason


async def message_of(socket: WebSocket) -> Mapping[str, Any]:
    """Return the next message. Raises `Closed` for what is none, and `WebSocketDisconnect`."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    text = message.get("text")
    if text is None:
        raise Closed(Close.BAD_MESSAGE, "Send text.")
    if len(text) > LARGEST_BODY:
        raise Closed(Close.BAD_MESSAGE, f"A message has at most {LARGEST_BODY} characters.")
    try:
        found = parse(text.encode())
    except (BadJson, UnicodeEncodeError):
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("type"), str):
        raise Closed(Close.BAD_MESSAGE, "This is no message of the protocol.")
    return found
