"""What an operator sets, from the environment, checked when the service starts."""

from __future__ import annotations

import json
import os
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings of the API. Each may be given by file: `NAME_FILE` names it."""

    model_config = SettingsConfigDict(env_prefix="", extra="ignore", frozen=True)

    database_url: SecretStr = Field(
        description="PostgreSQL 18, as the role alliance_api: postgresql://alliance_api@host/alliance"
    )
    audience: str = Field(default="alliance", description="The `aud` that tokens must carry.")
    trusted_issuers: str = Field(
        default="[]",
        description='JSON: [{"name": "https://issuer", "jwks_url": "https://issuer/jwks"}], '
        "or with `keys` (a JWK Set) instead of `jwks_url`.",
    )
    graphiql: bool = Field(default=True, description="Serve the GraphiQL page at GET /graphql.")
    pool_size: int = Field(
        default=16, ge=1, le=200, description="Connections for reads, and for writes."
    )

    @model_validator(mode="before")
    @classmethod
    def _from_files(cls, given: dict[str, Any]) -> dict[str, Any]:
        files = {name: os.environ.get(f"{name.upper()}_FILE") for name in cls.model_fields}
        return given | {
            name: Path(path).read_text(encoding="utf-8").strip()
            for name, path in files.items()
            if path and name not in given
        }

    @cached_property
    def issuers(self) -> list[dict[str, Any]]:
        """The trusted issuers."""
        found: list[dict[str, Any]] = json.loads(self.trusted_issuers)
        return found
