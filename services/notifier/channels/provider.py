"""SMS and push through a provider's HTTPS and JSON: one address, one key, one shape."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import httpx

from .http import post
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

    def __init__(self, provider: Provider, client: httpx.AsyncClient | None = None) -> None:
        """Keep whom to ask."""
        self._provider = provider
        self._client = client or httpx.AsyncClient(
            trust_env=False, follow_redirects=False, timeout=10
        )

    async def send(self, message: Message, address: str) -> str:
        """Send one message; the provider that was told its key before tells the same again."""
        provider = self._provider
        said = {**provider.extra, provider.to: address, provider.text: message.body}
        if provider.title:
            said[provider.title] = message.subject
        headers = {
            **provider.headers,
            "content-type": "application/json",
            provider.key_header: message.key,
        }
        content = json.dumps(said, ensure_ascii=False).encode()
        response = await post(self._client, provider.url, content, headers, message.fence)
        return _receipt(response, provider.receipt) or message.key

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _receipt(response: httpx.Response, name: str) -> str | None:
    try:
        found = response.json().get(name)
    except (ValueError, AttributeError):
        return None
    return str(found)[:200] if isinstance(found, str | int) else None
