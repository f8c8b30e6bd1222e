"""The checklist as data: `rfc9700.toml`, read, and held against the tests that it names."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

from tests.house import RUN

ROOT: Final = Path(__file__).parents[1]
DATA: Final = Path(__file__).with_name("rfc9700.toml")
LEVELS: Final = frozenset(
    {"MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "RECOMMENDED", "MAY", "encouraged", "beyond"}
)
_PATIENCE: Final = 1500


@dataclass(frozen=True, slots=True)
class Item:
    """What is asked, and what we do: `tests`, or why it does not apply, or why otherwise."""

    id: str
    section: str
    level: str
    asks: str
    by: str = "server"
    how: str = ""
    na: str = ""
    departs: str = ""
    tests: tuple[str, ...] = ()

    @property
    def is_enforced(self) -> bool:
        """Whether tests hold it."""
        return bool(self.tests)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Where suites disagree, and what each profile does."""

    about: str
    one: str
    other: str
    smart: str
    fapi2: str
    tests: tuple[str, ...]


@cache
def _read() -> dict[str, Any]:
    return tomllib.loads(DATA.read_text(encoding="utf-8"))


def _with_tests(given: dict[str, Any]) -> dict[str, Any]:
    return {**given, "tests": tuple(given.get("tests", ()))}


def items() -> list[Item]:
    """Return the items, in the order of the RFC."""
    return [Item(**_with_tests(given)) for given in _read()["item"]]


def contradictions() -> list[Contradiction]:
    """Return where suites disagree."""
    return [Contradiction(**_with_tests(given)) for given in _read()["contradiction"]]


def attacks() -> dict[str, tuple[str, ...]]:
    """Return attacks by their usual names, and the tests that make them."""
    return {given["name"]: tuple(given["tests"]) for given in _read()["attack"]}


def differences() -> dict[str, str]:
    """Return in which cases oidc-provider decides otherwise, and why we do as we do."""
    return {given["case"]: given["reason"] for given in _read()["difference"]}


def named() -> list[str]:
    """Return every test that is named, once."""
    listed = [test for item in items() for test in item.tests]
    listed += [test for each in contradictions() for test in each.tests]
    listed += [test for tests in attacks().values() for test in tests]
    return list(dict.fromkeys(listed))


def faults(cases: Iterable[str]) -> list[str]:
    """Say what is wrong with the data: levels, missing reasons, tests and cases that are not there."""
    found = [f"{test} is not there" for test in named() if not exists(test)]
    found += [f"no case {name}" for name in differences().keys() - set(cases)]
    ids = [item.id for item in items()]
    found += [f"{id_} comes twice" for id_ in set(ids) if ids.count(id_) > 1]
    for item in items():
        said = [bool(item.tests), bool(item.na), bool(item.departs)]
        if sum(said) != 1 or item.is_enforced != bool(item.how):
            found.append(f"{item.id} says neither how nor why not, or both")
        if item.level not in LEVELS:
            found.append(f"{item.id} has no level")
    return found


@cache
def _functions(file: str) -> frozenset[str]:
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def exists(test: str) -> bool:
    """Say whether a test of that node id is written."""
    file, _, name = test.partition("::")
    return name.startswith("test_") and name in _functions(file)


def passed(tests: list[str]) -> set[str]:
    """Run tests; return those of which something ran, and all that ran passed."""
    with tempfile.TemporaryDirectory(prefix="rfc9700-") as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", f"--junitxml={report}"]
        # A server of its own, as for every experiment.
        environment = {name: value for name, value in os.environ.items() if name != RUN}
        done = subprocess.run(
            [*command, *tests],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE,
        )
        if not report.exists():
            print(done.stdout[-2000:], done.stderr[-1000:])
            return set()
        ran = _outcomes(ET.parse(report))  # noqa: S314  (pytest wrote it)
    for test in tests:
        if not all(ran.get(test, [False])):
            print(f"{test} did not pass")
    return {test for test in tests if ran.get(test) and all(ran[test])}


def _outcomes(report: ET.ElementTree[Any]) -> dict[str, list[bool]]:
    found: dict[str, list[bool]] = {}
    for case in report.iter("testcase"):
        file = str(case.get("classname")).replace(".", "/") + ".py"
        name = str(case.get("name")).partition("[")[0]
        found.setdefault(f"{file}::{name}", []).append(len(list(case)) == 0)
    return found
