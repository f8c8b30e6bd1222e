"""What an operator sets, from the environment, checked when the service starts."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from chassis import serving
from chassis.from_files import FromFiles

NO_MASTERS = (
    "There are no master keys, and without them nothing that people write can be stored or read. "
    "Make a file of them once, `alliance keys new --file PATH`, and set MASTER_KEYS_FILE=PATH."
)
NO_ORIGIN = "ISSUER is an https address without a path; http on this machine only."


class Settings(FromFiles):
    """Settings of the API. Each may be given by file: `NAME_FILE` names it."""

    model_config = SettingsConfigDict(
        env_prefix="", extra="ignore", frozen=True, hide_input_in_errors=True
    )
    no_masters = NO_MASTERS

    database_url: SecretStr = Field(
        description="PostgreSQL 18, as the role alliance_api: postgresql://alliance_api@host/alliance"
    )
    master_keys: SecretStr | None = Field(
        default=None,
        description='Keys that wrap the keys of people, the current one first: {"name": "base64 of '
        '32 bytes"}. Better by file: a file is read again when it changes.',
    )
    master_keys_file: Path | None = Field(
        default=None, description="A file that holds them. One of the two is required."
    )
    audience: str = Field(default="alliance", description="The `aud` that tokens must carry.")
    trusted_issuers: str = Field(
        default="[]",
        description='JSON: [{"name": "https://issuer", "jwks_url": "https://issuer/jwks"}], '
        "or with `keys` (a JWK Set) instead of `jwks_url`.",
    )
    issuer: str | None = Field(
        default=None,
        description="The public address of this house, without a path: https://alliance.example. "
        "With it the house is an authorization server of its own, beside `TRUSTED_ISSUERS`.",
    )
    trusted_proxies: str = Field(
        default="127.0.0.1",
        description="Addresses or networks of proxies, with commas: they alone may say, by "
        "X-Forwarded-For, from where a request came. Empty: nobody.",
    )
    identity_providers: str | None = Field(
        default=None,
        description="JSON: organisations' own identity providers, by which people sign in; best by "
        "file. `alliance account link` says whom each vouches for.",
    )
    registration_keys: str | None = Field(
        default=None,
        description="A JWK Set as JSON: whose software statements let a client register itself at "
        "/oauth/register. Without it nobody may.",
    )
    jwks_loopback: bool = Field(
        default=False,
        description="Fetch keys of clients from this machine too; for development only.",
    )
    graphiql: bool = Field(default=True, description="Serve the GraphiQL page at GET /graphql.")
    pool_size: int = Field(
        default=16, ge=1, le=200, description="Connections for reads, and for writes."
    )

    ledger_key: SecretStr | None = Field(
        default=None,
        description="An Ed25519 private JWK that signs the seals of the read ledger; best by file. "
        "Without one nothing is sealed here: `alliance ledger seal` does it elsewhere.",
    )
    jurisdictions: str | None = Field(
        default=None,
        description="TOML: a clinic's own rows of who decides alone from which age; best by file.",
    )
    notices: str | None = Field(
        default=None,
        description="TOML: the words that a clinic's counsel wants beside data under 42 CFR Part 2; "
        "best by file.",
    )
    export_key: SecretStr | None = Field(
        default=None,
        description="An Ed25519 private JWK that signs archives of people's own data; best by file. "
        "Without one `GET /v1/me/archive` is not served.",
    )
    ledger_seconds: float = Field(
        default=60, gt=0, description="How often what was read is sealed, if there is a key."
    )

    @field_validator("issuer", mode="before")
    @classmethod
    def _nothing_is_none(cls, given: str | None) -> str | None:
        # A compose file cannot leave a variable out, only empty.
        return given or None

    @model_validator(mode="after")
    def _has_an_origin(self) -> Settings:
        if self.issuer is not None:
            parts = urlsplit(self.issuer)
            here = parts.hostname in {"127.0.0.1", "::1", "localhost"}
            plain = not (parts.path or parts.query or parts.fragment or parts.username)
            if not parts.hostname or not plain or parts.scheme not in {"https", "http"[: 4 * here]}:
                raise ValueError(NO_ORIGIN)
        return self

    @model_validator(mode="after")
    def _knows_its_proxies(self) -> Settings:
        serving.proxies(self.trusted_proxies)
        return self

    @cached_property
    def issuers(self) -> list[dict[str, Any]]:
        """The trusted issuers."""
        found: list[dict[str, Any]] = json.loads(self.trusted_issuers)
        return found
