"""Webhooks as Standard Webhooks has them: thin, signed, and only to the public internet.

The body says that something is due and of which kind, by ids. Whoever wants more reads it under
their own token.
"""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime

from standardwebhooks import Webhook

from .http import Pool, post
from .message import ChannelError, Message

SECRET_OCTETS = 32
PREFIX = "whsec_"
LARGEST = 20_000


def new_secret() -> str:
    """Return a secret to sign with."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_OCTETS)).decode()


def body(message: Message) -> bytes:
    """Return what is told: ids and kinds. It is the same for every attempt."""
    said = {
        "type": message.event,
        "data": {"reminder": str(message.reminder), "kind": message.kind, **dict(message.ids)},
    }
    return json.dumps(said, separators=(",", ":"), sort_keys=True).encode()


def signed(key: str, at: datetime, content: bytes, keys: tuple[str, ...]) -> dict[str, str]:
    """Return the headers: one signature for each secret, two while one replaces another."""
    signatures = [Webhook(each).sign(key, at, content.decode()) for each in keys]
    return {
        "webhook-id": key,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
        "content-type": "application/json",
        "user-agent": "Alliance-Webhooks/1",
    }


class WebhookChannel:
    """POSTs to whatever address a subscriber gave; `pool` must be a guarded one."""

    def __init__(self, pool: Pool, clock: Callable[[], float] = time.time) -> None:
        """Keep the pool. The clock stamps attempts."""
        self._pool, self._clock = pool, clock

    async def send(self, message: Message, address: str) -> str:
        """Send one; return its id. Only 410 says that nobody is there any more."""
        if not message.secrets:
            raise ChannelError("NO_SECRET", permanent=True)
        content = body(message)
        at = datetime.fromtimestamp(self._clock(), UTC)
        headers = signed(message.key, at, content, message.secrets)
        try:
            await post(self._pool, address, content, headers, message.fence)
        except ChannelError as error:
            # A subscriber's mistakes have days to be mended; only who is gone is given up.
            raise ChannelError(error.code, gone=error.gone, after=error.after) from None
        return message.key

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.close()
