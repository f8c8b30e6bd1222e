"""SMART App Launch 2.2: what it requires of a server, each requirement with a test or a reason.

`smart_requirements.toml` is the list. `python -m evidence.smart` writes docs/reference/smart.md.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree as ET

from evidence.figures import Figure

ROOT = Path(__file__).parents[1]
LIST = Path(__file__).with_name("smart_requirements.toml")
PAGE = ROOT / "docs" / "reference" / "smart.md"
# As many as Inferno's list has: 167 SHALL and 5 SHALL NOT.
ALL = 172
# The short form runs those of the files that start no server: the others are among the tests anyhow.
QUICK = ("chassis/", "ground/", "oauth/test_client_keys.py")


@dataclass(frozen=True, slots=True)
class Requirement:
    """What one or several numbers of the list want, and what holds us to it."""

    part: str
    ids: tuple[int, ...]
    says: str
    tests: tuple[str, ...]
    reason: str | None


def requirements() -> list[Requirement]:
    """Return the list. Raises `ValueError` for a number twice, or with neither test nor reason."""
    parts = tomllib.loads(LIST.read_text(encoding="utf-8"))
    found = [
        Requirement(
            part, tuple(one["ids"]), one["says"], tuple(one.get("tests", ())), one.get("reason")
        )
        for part, several in parts.items()
        for one in several
    ]
    twice = [
        id_ for id_, times in Counter(id_ for one in found for id_ in one.ids).items() if times > 1
    ]
    empty = [one.says for one in found if not one.tests and one.reason is None]
    if twice or empty:
        raise ValueError(f"{twice} come twice; {empty} have neither a test nor a reason")
    return found


def page(found: list[Requirement]) -> str:
    """Return docs/reference/smart.md."""
    return "\n".join([*_head(found), *_rows(found), ""])


def _head(found: list[Requirement]) -> Iterator[str]:
    reasons = [one for one in found if one.reason]
    yield "# SMART App Launch 2.2: what a server must do\n"
    yield (
        f"Generated from `evidence/smart_requirements.toml`. The numbers are those of Inferno's list "
        f"of\nwhat SMART 2.2.0 requires of servers: {ALL}, of which "
        f"{sum(len(one.ids) for one in reasons)} have a reason why there is nothing (more) to do\n"
        "here. `make evidence-smart` runs the tests. A profile decides where SMART and other\n"
        "specifications disagree: see ADR 0023.\n"
    )


def _rows(found: list[Requirement]) -> Iterator[str]:
    part = None
    for one in found:
        if one.part != part:
            part = one.part
            yield f"\n## {part}\n\n| numbers | wanted | held by |\n| --- | --- | --- |"
        numbers = ", ".join(map(str, sorted(one.ids)))
        held = [f"`{test}`" for test in one.tests]
        yield f"| {numbers} | {one.says} | {'<br>'.join([*filter(None, [one.reason]), *held])} |"


def _passed(tests: list[str]) -> dict[str, bool]:
    """Run tests; return of each that was named whether it ran, and every case of it passed."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "auto", "--dist", "loadgroup"]
    names = [f"tests/{test}" for test in tests]
    with TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        told = [*command, f"--junitxml={report}", *names]
        subprocess.run(told, cwd=ROOT, check=False, stdout=sys.stderr)
        tree = ET.parse(report)  # noqa: S314  (pytest wrote it just now)
    cases: dict[str, bool] = {}
    for case in tree.iter("testcase"):
        file = case.get("classname", "").removeprefix("tests.").replace(".", "/")
        name = f"{file}.py::{case.get('name', '').partition('[')[0]}"
        cases[name] = cases.get(name, True) and not len(list(case.iter("failure"))) + len(
            [*case.iter("error"), *case.iter("skipped")]
        )
    return {test: cases.get(test, False) for test in tests}


def experiment(small: bool) -> Figure:
    """Run every test that a requirement names; small: those that need no server."""
    found = requirements()
    tests = sorted({test for one in found for test in one.tests})
    missing = [test for test in tests if not _is_there(test)]
    run = [test for test in tests if not small or test.startswith(QUICK)]
    good = _passed(run)
    failed = [test for test, passed in good.items() if not passed]
    held = [one for one in found if one.tests and not {*one.tests} & {*failed, *missing}]
    reasons = sum(len(one.ids) for one in found if one.reason)
    count = sum(len(one.ids) for one in found)
    met = sum(len({*one.ids}) for one in found if one in held or not one.tests)
    stale = not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page(found)
    for what in (*missing, *failed):
        print(f"not there or not passed: {what}")
    if stale:
        print(f"{PAGE.relative_to(ROOT)} is stale: python -m evidence.smart")
    figure = (
        f"{met} of {count} requirements: {sum(len(one.ids) for one in held)} name tests that are "
        f"there; of {len(tests)} tests {len(missing)} missing, {len(good)} run, {len(failed)} "
        f"failed; {reasons} requirements with a reason"
    )
    whole = met == count == ALL and not stale
    return Figure("smart", figure, f"all of {ALL}, each with a test or a reason", whole)


def _is_there(test: str) -> bool:
    file, _, name = test.partition("::")
    path = ROOT / "tests" / file
    return path.exists() and f"\ndef {name}(" in path.read_text(encoding="utf-8")


if __name__ == "__main__":
    PAGE.write_text(page(requirements()), encoding="utf-8")
