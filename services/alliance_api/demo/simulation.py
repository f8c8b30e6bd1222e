"""`alliance simulate`: made-up cases, one by one, or what rupture rules find in them."""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.progress import track

from alliance_api.demo.study_tables import tables
from alliance_api.domain.beyond_noise import SHARE_OF_RANGE
from alliance_api.domain.simulate import WORLD, Dyad, World, rupture_at, simulate
from alliance_api.domain.study import study

CASES, CASES_STUDIED = 100, 10_000


def run(given: argparse.Namespace) -> int:
    """Write what was asked for to a file or to standard output; return the exit code."""
    try:
        world = replace(world_of(given.world), sessions=given.sessions)
    except ValueError as wrong:
        return _refused(str(wrong))
    cases = (CASES_STUDIED if given.study else CASES) if given.cases is None else given.cases
    dyads = simulate(given.seed, cases, world)
    if given.out:
        with Path(given.out).open("w", encoding="utf-8", newline="") as out:
            return _run(given, dyads, cases, world, out)
    try:
        code = _run(given, dyads, cases, world, sys.stdout)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads has seen enough, as in `alliance simulate | head`; nothing is to be flushed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _run(
    given: argparse.Namespace, dyads: Iterable[Dyad], cases: int, world: World, out: TextIO
) -> int:
    if given.study:
        return report(dyads, cases, world, out)
    if given.format == "csv":
        write_csv(dyads, world.items, out)
    else:
        write_json(dyads, out)
    return 0


def _refused(why: str) -> int:
    sys.stderr.write(f"{why}\n")
    return 2


def world_of(settings: Iterable[str]) -> World:
    """Return the usual world with some parameters set, each as `name=value`.

    Raises:
        ValueError: for a name that is none, a value that is no number, or an impossible world.
    """
    kinds = {field.name: type(getattr(WORLD, field.name)) for field in fields(WORLD)}
    found: dict[str, Any] = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        if name not in kinds:
            raise ValueError(f"{name} is none of {', '.join(kinds)}")
        found[name] = int(value) if kinds[name] is int else float(value)
    return replace(WORLD, **found)


def report(dyads: Iterable[Dyad], cases: int, world: World, out: TextIO) -> int:
    """Print the study's tables, with progress on standard error; return 1 if nothing is left."""
    # How people differ is published of the default form; 15 % of the range is just that there.
    sd = SHARE_OF_RANGE * world.items * (world.maximum - world.minimum)
    watched = track(dyads, "Looking at cases", cases, console=Console(stderr=True))
    try:
        found = study(watched, between_sd=sd)
    except ValueError:
        return _refused("Too few cases or sessions: there is nothing to judge rules by.") - 1
    console = Console(file=out)
    for table in tables(found):
        console.print(table)
    return 0


def write_json(dyads: Iterable[Dyad], out: TextIO) -> None:
    """Write a line of JSON for each case."""
    out.writelines(json.dumps(case(number, dyad)) + "\n" for number, dyad in enumerate(dyads, 1))


def write_csv(dyads: Iterable[Dyad], items: int, out: TextIO) -> None:
    """Write a header, and a row for each session of each case; what is not there is empty."""
    marks = [f"{who}_{n}" for who in ("client", "therapist") for n in range(1, items + 1)]
    before, after = ["case", "style", "session", "kept", "client_delay"], ["expected", "rupture"]
    writer = csv.DictWriter(out, [*before, *marks, *after], lineterminator="\n")
    writer.writeheader()
    for number, dyad in enumerate(dyads, 1):
        for each in _sessions(dyad):
            for who in ("client", "therapist"):
                given = each.pop(who) or ()
                each.update({f"{who}_{n}": value for n, value in enumerate(given, 1)})
            each["kept"] = int(each["kept"])
            writer.writerow({"case": number, "style": dyad.style.value, **each})


def case(number: int, dyad: Dyad) -> dict[str, Any]:
    """Return a case as it is written in JSON; sessions are counted from 1."""
    ruptures = [
        {
            "start": each.start + 1,
            "nadir": each.nadir + 1,
            "repair": None if each.repair is None else each.repair + 1,
            "depth": round(each.depth, 2),
            "pattern": each.pattern.value,
        }
        for each in dyad.ruptures
    ]
    return {
        "case": number,
        "style": dyad.style.value,
        "ruptures": ruptures,
        "sessions": list(_sessions(dyad)),
    }


def _sessions(dyad: Dyad) -> Iterator[dict[str, Any]]:
    for index, sitting in enumerate(dyad.sittings):
        disturbed_by = rupture_at(dyad, index)
        delay = sitting.client_delay
        yield {
            "session": index + 1,
            "kept": sitting.kept,
            "client_delay": None if delay is None else round(delay, 1),
            "client": sitting.client,
            "therapist": sitting.therapist,
            "expected": round(sitting.expected, 2),
            "rupture": dyad.ruptures.index(disturbed_by) + 1 if disturbed_by else None,
        }
