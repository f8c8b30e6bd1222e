"""What the law and the ledger cost: the same service with and without them, in turns, in one run."""

from __future__ import annotations

import statistics
from contextlib import ExitStack

from benchmarks import data, lawless, load, operations, servers
from benchmarks.load import Found
from benchmarks.servers import Server
from evidence.figures import Figure

TARGET = 0.65
CONNECTIONS = 16


def _run(server: Server, requests: list[operations.Request], floor: int, seconds: float) -> Found:
    framed = server.framed(requests)
    return load.run(server.port, framed, connections=CONNECTIONS, seconds=seconds, floor=floor)


def experiment(small: bool) -> Figure:
    """Measure the dashboard and a submission, with and without; small: only that both run."""
    therapists, rounds, seconds = (20, 1, 1.0) if small else (1000, 5, 4.0)
    filled = data.prepare(therapists)
    try:
        shares = _shares(filled, rounds, seconds)
    finally:
        data.stop(therapists)
    told = ", ".join(f"{name} {share:.2f}" for name, share in shares.items())
    figure = f"{told} of the throughput without law and ledger"
    met = small or min(shares.values()) >= TARGET
    return Figure("law-cost", figure, f"at least {TARGET}", met)


def _shares(filled: data.Data, rounds: int, seconds: float) -> dict[str, float]:
    tokens = servers.Tokens(filled.organisation)
    asked = {
        "dashboard": (operations.dashboards(filled), 10_000),
        "submit": (operations.submissions(filled), 150),
    }
    with ExitStack() as stack:
        # The copy is made before anybody is connected to what it is made of.
        url = stack.enter_context(lawless.database(filled))
        both = (
            stack.enter_context(servers.alliance(filled, tokens, 1)),
            stack.enter_context(servers.lawless(url, tokens, 1)),
        )
        sizes = [len(operations.spelt(server.ask(asked["dashboard"][0][0]))) for server in both]
        assert min(sizes) > 0.8 * max(sizes), f"not the same work: {sizes}"
        return {
            name: _share(both, requests, floor, rounds, seconds)
            for name, (requests, floor) in asked.items()
        }


def _share(
    both: tuple[Server, ...],
    requests: list[operations.Request],
    floor: int,
    rounds: int,
    seconds: float,
) -> float:
    for server in both:  # the first round finds every cache cold
        _run(server, requests, floor, seconds)
    ratios = []
    for _ in range(rounds):
        with_law, without = (_run(server, requests, floor, seconds).rate for server in both)
        print(f"{with_law:.1f}/s with, {without:.1f}/s without")
        ratios.append(with_law / without)
    return statistics.median(ratios)
