"""`alliance simulate`."""

from __future__ import annotations

import argparse

from .common import Verbs, verb


def register(verbs: Verbs) -> None:
    """Add the verb of this module."""
    simulate = verb(verbs, "simulate", "make up cases whose ruptures are known", _simulate)
    simulate.add_argument("--cases", type=int, metavar="N", help="100, or 10,000 with --study")
    simulate.add_argument("--sessions", type=int, default=20, metavar="N", help="of each case: 20")
    simulate.add_argument("--seed", type=int, default=1, help="the same one makes the same cases")
    simulate.add_argument(
        "--world",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set a parameter they are drawn from; as often as you like",
    )
    simulate.add_argument("--format", choices=["jsonl", "csv"], default="jsonl")
    simulate.add_argument("--out", metavar="FILE", help="write there, not to standard output")
    simulate.add_argument("--study", action="store_true", help="print what rupture rules find")


def _simulate(found: argparse.Namespace) -> int:
    from alliance_api.demo.simulation import run

    return run(found)
