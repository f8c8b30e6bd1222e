"""`alliance`: the command line of operators and developers."""

from __future__ import annotations

import argparse
import sys

from alliance_api.commands import (
    accounts,
    clients,
    containers,
    database,
    developing,
    erasures,
    export,
    facts,
    figures,
    instruments,
    keys,
    ledger,
    oauth,
    recomputing,
    research,
    serving,
    simulating,
)
from alliance_api.commands.common import Command

# In the order in which they are listed.
ROOMS = (
    serving,
    database,
    keys,
    oauth,
    clients,
    erasures,
    accounts,
    instruments,
    ledger,
    facts,
    export,
    figures,
    recomputing,
    research,
    developing,
    containers,
    simulating,
)


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; return its exit code."""
    found = _parser().parse_args(arguments)
    run: Command = found.run
    return run(found)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="alliance", description=__doc__)
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    for room in ROOMS:
        room.register(verbs)
    return parser


if __name__ == "__main__":
    sys.exit(main())
