"""The house in the README has the floors that import-linter enforces, in the same order."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
Floors = list[frozenset[str]]


def drawn() -> Floors:
    """The first cell of each row inside the box of alliance_api."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    box = re.search(r"^┌─ services/alliance_api .*?$\n(.*?)^└", readme, re.MULTILINE | re.DOTALL)
    assert box, "the README has no box of services/alliance_api"
    rows = [row.split("│")[1] for row in box[1].splitlines()]
    return [frozenset(name.strip() for name in row.split("·")) for row in rows]


def enforced() -> Floors:
    """The layers of the contract."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts: list[dict[str, Any]] = project["tool"]["importlinter"]["contracts"]
    (found,) = (
        contract["layers"]
        for contract in contracts
        if contract["type"] == "layers" and contract["containers"] == ["alliance_api"]
    )
    return [frozenset(re.split(r"\s*[|:]\s*", layer)) for layer in found]


def test_the_drawing_in_the_readme_is_the_contract() -> None:
    assert drawn() == enforced()


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150
