"""What an operator sets for the notifier, from the environment, checked when it starts."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from chassis.from_files import FromFiles

PREFIX = "NOTIFIER_"
NO_MASTERS = (
    "There are no master keys, and without them no address can be kept or read. Make a file of "
    "them once, `alliance keys new --file PATH`, and set NOTIFIER_MASTER_KEYS_FILE=PATH."
)


class Settings(FromFiles):
    """Settings of the notifier. Each may be given by file: `NOTIFIER_NAME_FILE` names it."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="ignore", frozen=True, hide_input_in_errors=True
    )
    no_masters = NO_MASTERS

    database_url: SecretStr = Field(
        description="PostgreSQL 18, as the role notifier: postgresql://notifier@host/notifier"
    )
    master_keys: SecretStr | None = Field(
        default=None, description="Keys that wrap the keys of people, as the API has its own."
    )
    master_keys_file: Path | None = Field(
        default=None, description="A file that holds them. One of the two is required."
    )
    host: str = Field(default="127.0.0.1", description="Where the notifier listens.")
    port: int = Field(default=8001, description="Its port.")
    public_url: str = Field(
        default="http://127.0.0.1:8001",
        description="Where people reach it: unsubscribe links begin so.",
    )
    audience: str = Field(default="alliance", description="The `aud` that tokens must carry.")
    trusted_issuers: str = Field(default="[]", description="JSON, as the API has it.")
    feeds: str = Field(
        default="[]",
        description='JSON: [{"name": "linden", "url": "https://api/v1/feed", "token_file": "…"}]',
    )
    smtp: SecretStr | None = Field(
        default=None,
        description='JSON: {"host", "port", "sender", "name", "user", "password", "start_tls", '
        '"use_tls"}',
    )
    sms: SecretStr | None = Field(
        default=None,
        description='JSON: {"url", "headers", "to", "text", "extra", "key_header", "receipt"}',
    )
    push: SecretStr | None = Field(default=None, description="JSON, as for SMS.")
    vapid_key: SecretStr | None = Field(
        default=None, description="A P-256 private key in PEM: signs web push."
    )
    vapid_contact: str = Field(
        default="mailto:operator@example.invalid",
        description="Whom a push service tells of trouble.",
    )
    webhooks: bool = Field(default=True, description="Let people have webhooks.")
    development: bool = Field(
        default=False,
        description="Let webhooks reach this machine, and print reminders on the console channel.",
    )
    pool_size: int = Field(default=8, ge=1, le=200, description="Connections of each process.")
    at_once: int = Field(
        default=32, ge=1, le=1000, description="Reminders a worker has under way at most."
    )

    @cached_property
    def issuers(self) -> list[dict[str, Any]]:
        """The trusted issuers."""
        found: list[dict[str, Any]] = json.loads(self.trusted_issuers)
        return found

    @cached_property
    def sources(self) -> list[dict[str, str]]:
        """The feeds to read."""
        found: list[dict[str, str]] = json.loads(self.feeds)
        return found
