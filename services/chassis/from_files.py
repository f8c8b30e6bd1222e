"""Settings of a service: from the environment, or each from a file that the environment names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import SecretStr, model_validator
from pydantic_settings import BaseSettings

# Its file is a setting of its own, since it is read whenever it changes.
_NOT_READ_HERE = frozenset({"master_keys"})


class FromFiles(BaseSettings):
    """Settings of which each may be given by file: `PREFIX_NAME_FILE` names it.

    A service says what to do about missing master keys: it cannot do without.
    """

    no_masters: ClassVar[str]

    @model_validator(mode="before")
    @classmethod
    def _from_files(cls, given: dict[str, Any]) -> dict[str, Any]:
        prefix = cls.model_config.get("env_prefix", "")
        names = set(cls.model_fields) - _NOT_READ_HERE
        files = {name: os.environ.get(f"{prefix}{name.upper()}_FILE") for name in names}
        return given | {
            name: Path(path).read_text(encoding="utf-8").strip()
            for name, path in files.items()
            if path and name not in given
        }

    @model_validator(mode="after")
    def _has_masters(self) -> Self:
        keys: SecretStr | None = getattr(self, "master_keys", None)
        if keys is None and getattr(self, "master_keys_file", None) is None:
            raise ValueError(self.no_masters)
        return self
