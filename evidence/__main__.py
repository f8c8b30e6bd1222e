"""`python -m evidence NAME [--small]`, or `all` to write docs/evidence.md."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from evidence import (
    aggregates,
    bench,
    broken_query,
    browser,
    canary,
    charter_mutants,
    check,
    compose,
    crash_points,
    discreet,
    fresh,
    interop,
    keys,
    law_alone,
    law_cost,
    ledger,
    matrix,
    mutants,
    observability,
    one_statement,
    private_rating,
    recompute,
    reminder_rate,
    rfc9700,
    rls,
    ruptures,
    scale,
    side_channels,
    smart,
    subscriptions,
    token_cost,
    vectors,
    zones,
)
from evidence.chaos import experiment as chaos
from evidence.clients.tried import experiment as clients
from evidence.figures import Experiment, Figure
from evidence.fuzz.tried import experiment as fuzz_auth

EXPERIMENTS: dict[str, Experiment] = {
    "rls": rls.experiment,
    "broken-query": broken_query.experiment,
    "matrix": matrix.experiment,
    "canary": canary.experiment,
    "charter-mutants": charter_mutants.experiment,
    "private-rating": private_rating.experiment,
    "recompute": recompute.experiment,
    "one-statement": one_statement.experiment,
    "vectors": vectors.experiment,
    "ruptures": ruptures.experiment,
    "law-alone": law_alone.experiment,
    "side-channels": side_channels.experiment,
    "ledger": ledger.experiment,
    "keys": keys.experiment,
    "aggregates": aggregates.experiment,
    "smart": smart.experiment,
    "zones": zones.experiment,
    "discreet": discreet.experiment,
    "crash-points": crash_points.experiment,
    "browser": browser.experiment,
    "clients": clients,
    "subscriptions": subscriptions.experiment,
    "fuzz-auth": fuzz_auth,
    "check": check.experiment,
    "compose": compose.experiment,
    "scale": scale.experiment,
    "observability": observability.experiment,
    "mutants": mutants.experiment,
    "fresh": fresh.experiment,
    "law-cost": law_cost.experiment,
    "token-cost": token_cost.experiment,
    "chaos": chaos.experiment,
    "reminder-rate": reminder_rate.experiment,
    "interop": interop.experiment,
    "rfc9700": rfc9700.experiment,
    "bench": bench.experiment,
}
PAGE = Path(__file__).parents[1] / "docs" / "evidence.md"


def page(figures: Iterable[Figure]) -> str:
    """Return docs/evidence.md."""
    rows = [
        f"| {found.name} | {found.figure} | {found.target} | {'yes' if found.met else '**no**'} "
        f"| `make evidence-{found.name}` |"
        for found in figures
    ]
    return "\n".join(
        [
            "# Evidence",
            "",
            "Written by `make evidence`. Every line is an experiment on the real thing: PostgreSQL,",
            "the app, its tokens; `evidence/` says how. The long ones are run one by one: a figure",
            "may be of an earlier commit, and what has no line was not run in full yet.",
            "",
            "| name | figure | target | met | command |",
            "| --- | --- | --- | --- | --- |",
            *rows,
            "",
        ]
    )


def main(arguments: list[str] | None = None) -> int:
    """Run one experiment or all; return 1 if a target was missed."""
    parser = argparse.ArgumentParser(prog="python -m evidence", description=__doc__)
    parser.add_argument("name", choices=[*EXPERIMENTS, "all"])
    parser.add_argument("--small", action="store_true", help="fewer rows, the same kinds")
    given = parser.parse_args(arguments)
    names = list(EXPERIMENTS) if given.name == "all" else [given.name]
    figures = []
    for name in names:
        figures.append(EXPERIMENTS[name](given.small))
        print(figures[-1], flush=True)
    if given.name == "all":
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page(figures), encoding="utf-8")
    return 0 if all(figure.met for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
