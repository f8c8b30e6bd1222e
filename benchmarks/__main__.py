"""`python -m benchmarks`: measure, in turns and in one run, and say whether the target is met."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import data, report
from .rounds import Plan, measure

THERAPISTS, SMALL = 1000, 20
ROUNDS, SMALL_ROUNDS = 3, 1
SECONDS, SMALL_SECONDS = 5.0, 1.0
CONNECTIONS, SMALL_CONNECTIONS = (1, 16, 64), (4,)


def main(arguments: list[str] | None = None) -> int:
    """Run; return 1 if the target was missed."""
    asked = _parser().parse_args(arguments)
    therapists = asked.n or (SMALL if asked.small else THERAPISTS)
    plan = Plan(
        seconds=asked.seconds or (SMALL_SECONDS if asked.small else SECONDS),
        rounds=asked.rounds or (SMALL_ROUNDS if asked.small else ROUNDS),
        connections=SMALL_CONNECTIONS if asked.small else CONNECTIONS,
        workers=(1,) if asked.small else (1, 2),
    )
    report.say(f"Making ready {therapists} therapists with {30 * therapists} clients ...")
    filled = data.prepare(therapists)
    try:
        found = measure(filled, plan, report.say)
    finally:
        data.stop(therapists)
    result = report.result(filled, therapists, plan, found)
    report.write(asked.json, result)
    report.show(result)
    print(report.verdict(result))
    return 0 if asked.small or report.is_met(result) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--n", type=int, help=f"therapists, with 30 clients each ({THERAPISTS})")
    parser.add_argument("--seconds", type=float, help=f"of each measurement ({SECONDS:g})")
    parser.add_argument("--rounds", type=int, help=f"of which the median is taken ({ROUNDS})")
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results.json")
    parser.add_argument(
        "--small", action="store_true", help="only see that it runs and that answers agree"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
