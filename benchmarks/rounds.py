"""What is measured, in which order, and that both stacks say the same before anything is timed."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from . import bare, load, operations, servers
from .data import Data
from .load import Found
from .operations import Request
from .servers import Server

ALLIANCE, PLAIN, PGBENCH = "alliance", "plain", "pgbench"
SAME = 10  # requests of each kind whose answers are compared
Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How long, how often, how many at once."""

    seconds: float
    rounds: int
    connections: tuple[int, ...]
    workers: tuple[int, ...]


@dataclass
class Results:
    """What every run found, by operation, contender and connections."""

    by_workers: dict[str, dict[int, float]] = field(default_factory=dict)
    compared: int = 0
    runs: dict[tuple[str, str, int], list[Found]] = field(default_factory=dict)

    def add(self, operation: str, contender: str, connections: int, found: Found) -> None:
        """Keep what one run found."""
        self.runs.setdefault((operation, contender, connections), []).append(found)

    def median(self, operation: str, contender: str, connections: int) -> Found | None:
        """Return the medians over all rounds."""
        runs = self.runs.get((operation, contender, connections))
        if not runs:
            return None
        return Found(
            rate=statistics.median(run.rate for run in runs),
            p50=statistics.median(run.p50 for run in runs),
            p99=statistics.median(run.p99 for run in runs),
            count=sum(run.count for run in runs),
        )


@dataclass(frozen=True)
class Operation:
    """One operation: its requests, the least size of an answer, and its bare statement."""

    name: str
    requests: list[Request]
    floor: int
    script: bare.Script | None = None


def measure(data: Data, plan: Plan, say: Say) -> Results:
    """Measure everything. Raises if the stacks do not agree, or any answer is not whole."""
    results, tokens = Results(), servers.Tokens(data.organisation)
    with ExitStack() as stack:
        choices = {
            workers: [
                stack.enter_context(start(data, tokens, workers))
                for start in (servers.alliance, servers.plain)
            ]
            for workers in plan.workers
        }
        first = choices[plan.workers[0]]
        operation = _dashboard(data, first, results)
        if len(choices) > 1:
            _by_workers(choices, operation, plan, results, say)
        others = [_trajectory(data, first, results), _submit(data, first)]
        say(f"Both stacks gave the same {results.compared} answers.")
        for each in (operation, *others):
            _rounds(data, each, first, plan, results, say)
    return results


def _dashboard(data: Data, both: Sequence[Server], results: Results) -> Operation:
    requests = operations.dashboards(data)
    floor = _same(requests, both, results)
    script = bare.script(
        data, operations.DASHBOARD, operations.DASHBOARD_VARIABLES, data.therapists
    )
    return Operation("dashboard", requests, floor, script)


def _trajectory(data: Data, both: Sequence[Server], results: Results) -> Operation:
    requests = operations.trajectories(data)
    floor = _same(requests, both, results)
    cases = [case for case, _, _ in data.cases]
    variables = operations.trajectory_variables(cases[0])
    script = bare.script(data, operations.TRAJECTORY, variables, cases)
    return Operation("trajectory", requests, floor, script)


def _submit(data: Data, both: Sequence[Server]) -> Operation:
    requests = operations.submissions(data)
    for server, (who, body) in zip(both, requests, strict=False):
        found = server.ask((who, body.replace(b"abcdef", server.name[:6].encode())))
        assert found["submitMeasurement"]["measurement"]["id"], found
    return Operation("submit", requests, floor=150)


def _same(requests: Iterable[Request], both: Sequence[Server], results: Results) -> int:
    """Compare answers of both stacks; return nine tenths of the size of the smallest."""
    sizes = []
    for request in list(requests)[:SAME]:
        ours, theirs = (server.ask(request) for server in both)
        assert ours == theirs, f"the stacks disagree: {ours!r:.2000} and {theirs!r:.2000}"
        _check_counts(ours)
        sizes.append(len(operations.spelt(ours)))
        results.compared += 1
    return int(min(sizes) * 0.9)


def _check_counts(answer: dict[str, dict[str, object]]) -> None:
    text = operations.spelt(answer).decode()
    if "caseload" in answer:
        assert text.count('"id":"case-') == 50, "50 cases"
        assert text.count('"takenAt"') == 250, "5 scores a case"
    else:
        assert text.count('"number"') == 40, "40 sessions"


def _by_workers(
    choices: dict[int, list[Server]], operation: Operation, plan: Plan, results: Results, say: Say
) -> None:
    """Find how much each stack gains from more workers on the same processors."""
    connections = plan.connections[len(plan.connections) // 2]
    for index, name in enumerate((ALLIANCE, PLAIN)):
        tried: dict[int, list[float]] = {workers: [] for workers in choices}
        for _ in range(3):  # the first finds every cache cold
            for workers, servers_ in choices.items():
                found = _run(servers_[index], operation, connections, plan.seconds / 2)
                tried[workers].append(found.rate)
        results.by_workers[name] = {
            workers: round(statistics.mean(rates[-2:]), 1) for workers, rates in tried.items()
        }
        rates = ", ".join(f"{n} workers {rate:g}/s" for n, rate in results.by_workers[name].items())
        say(f"{name} by workers: {rates}.")


def _run(server: Server, operation: Operation, connections: int, seconds: float) -> Found:
    return load.run(
        server.port,
        server.framed(operation.requests),
        connections=connections,
        seconds=seconds,
        floor=operation.floor,
    )


def _rounds(  # noqa: PLR0913  (everything that is measured with)
    data: Data,
    operation: Operation,
    contenders: Sequence[Server],
    plan: Plan,
    results: Results,
    say: Say,
) -> None:
    for connections in plan.connections:
        for _ in range(plan.rounds):
            for server in contenders:
                found = _run(server, operation, connections, plan.seconds)
                results.add(operation.name, server.name, connections, found)
            if operation.script:
                found = bare.run(
                    data, operation.script, connections=connections, seconds=plan.seconds
                )
                results.add(operation.name, PGBENCH, connections, found)
        say(f"{operation.name} at {connections} connection(s) is measured.")
