"""SMS and push through a provider's HTTPS and JSON: one address, one key, one shape."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from .http import Pool, post
from .message import Message


@dataclass(frozen=True, slots=True)
class Provider:
    """How a provider wants to be asked. `fields` names its words for address and text."""

    url: str
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    to: str = "to"
    text: str = "text"
    title: str | None = None
    extra: dict[str, str] = field(default_factory=dict)
    key_header: str = "Idempotency-Key"
    receipt: str = "id"


class ProviderChannel:
    """Messages through one provider."""

    def __init__(self, provider: Provider, pool: Pool | None = None) -> None:
        """Keep whom to ask."""
        self._provider, self._pool = provider, pool or Pool()

    async def send(self, message: Message, address: str) -> str:
        """Send one message; the provider that was told its key before tells the same again."""
        provider = self._provider
        said = {**provider.extra, provider.to: address, provider.text: message.short}
        if provider.title:
            said[provider.title] = message.subject
        headers = {
            **provider.headers,
            "content-type": "application/json",
            provider.key_header: message.key,
        }
        content = json.dumps(said, ensure_ascii=False).encode()
        answer = await post(self._pool, provider.url, content, headers, message.fence)
        return answer.text(provider.receipt) or message.key

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.close()
