"""`alliance` as an operator runs it: a database, its keys, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from alliance_api.__main__ import main

Operator = Callable[..., int]


def operating(url: str, masters: Path | None, monkeypatch: pytest.MonkeyPatch) -> Operator:
    """Return `alliance`, as somebody who has this database and these keys."""
    monkeypatch.setenv("DATABASE_ADMIN_URL", url)
    monkeypatch.delenv("MASTER_KEYS", raising=False)
    if masters is None:
        monkeypatch.delenv("MASTER_KEYS_FILE", raising=False)
    else:
        monkeypatch.setenv("MASTER_KEYS_FILE", str(masters))
    return lambda *arguments: main([*arguments])
