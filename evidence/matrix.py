"""The matrix: every field of every object, as everybody, over every surface, against the oracle.

A cell is one field of one object that is there, asked for by one person over one surface. Each is
executed: allowed ones must come back with the value that nothing else has, so that silence cannot
pass; others must not come back. `matrix_fields.txt` says whose verdict each field follows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from itertools import count
from typing import Any
from uuid import UUID

from alliance_api.graph.live import open_signals
from evidence import feed_oracle, matrix_oracle, progress
from evidence.broken_query import Asker
from evidence.every_field import FORMS
from evidence.figures import Figure
from evidence.matrix_ask import AT_ONCE, Job, Outcome, Truth, ask, batched, headers_of, judge
from evidence.matrix_documents import SCALE, of_case, of_ledger, of_node, of_root, together, watched
from evidence.matrix_fill import WHOLE
from evidence.matrix_links import Thing, View, linked
from evidence.matrix_pairs import pairwise
from evidence.matrix_truth import NODES
from evidence.matrix_world import Matrix, a_matrix_world, everybody, moment
from tests.house import House, new_house
from tests.people import body

LEAST = 1_000_000
LEAST_SMALL = 20_000  # of the pairwise choice, so that it is not one of silences
LEAST_TOLD = 0.1  # of the cells, told to somebody


# --- Asking ---------------------------------------------------------------------------------


def jobs(found: Matrix, truth: Truth, asking: Iterable[tuple[int, Asker]]) -> Iterator[Job]:
    """Yield every job, asker by asker: of every case; of a narrowed token, of one, in turns."""
    cases = list(found.world.cases)
    nodes = _nodes(truth)
    for turn, asker in asking:
        some = [_in_turn(asker, cases, turn)] if _is_narrowed(asker) else cases
        for case in some:
            yield from (Job(asker, each, (f"case-{case}",)) for each in of_case())
        for root in ("viewer", "organisation", "caseload"):
            yield from (Job(asker, each) for each in of_root(root))
        yield from _node_jobs(asker, nodes, set(some))


def _in_turn(asker: Asker, cases: Sequence[UUID], turn: int) -> UUID:
    """Return a case that somebody stands to, if there is any: elsewhere a token opens nothing."""
    mine = list(asker.relations) or cases
    return mine[turn % len(mine)]


def _is_narrowed(asker: Asker) -> bool:
    return any(word in asker.label for word in (" without ", " alone", " who may only "))


def _nodes(truth: Truth) -> dict[str, list[tuple[str, UUID | None]]]:
    """Return every id there is, by its kind, with the case that it is of."""
    return {
        prefix: [
            (f"{prefix}-{row['id']}", row["id"] if prefix == "case" else row.get("case_id"))
            for row in truth.rows[table]
            # Of what measures consist of, the one that has everything: the others are alike.
            if prefix != "instrument" or row["code"] == WHOLE
        ]
        for prefix, (_, table) in NODES.items()
    }


def _node_jobs(
    asker: Asker,
    nodes: Mapping[str, list[tuple[str, UUID | None]]],
    cases: set[UUID],
) -> Iterator[Job]:
    for prefix, ids in nodes.items():
        mine = [name for name, case in ids if case is None or case in cases]
        size = together(prefix)
        for some in batched(mine, size):
            # A last batch that is not full asks for its first ones again.
            full = (some * size)[:size]
            yield from (Job(asker, each, full) for each in of_node(prefix))


def read_ledgers(house: House, outcome: Outcome, found: Matrix, asking: Iterable[Asker]) -> None:
    """Compare the ledger by itself: every look at it makes it longer."""
    truth = Truth(house, found)
    cases = list(found.world.cases)
    for turn, asker in enumerate(asking):
        of_both = [Job(asker, of_ledger("organisation"))]
        some = dict.fromkeys((cases[turn % len(cases)], *list(asker.relations)[:1]))
        of_both += [Job(asker, of_ledger("case"), (f"case-{each}",)) for each in some]
        for job in of_both:
            ask(house, outcome, truth.with_ledger(house), [job])


POINT = re.compile(r"<title>[^<]*: (-?[0-9]+(?:\.[0-9])?)(?:;[^<]*)?</title>")
OTHER = {"CLIENT": "THERAPIST", "THERAPIST": "CLIENT"}


def draw(house: House, outcome: Outcome, truth: Truth, asker: Asker, cases: Iterable[UUID]) -> None:
    """Compare the pictures of a case: the scores that they print, and no others."""
    view, whole = truth.views(asker)
    view.now = moment()
    for case in cases:
        for who, code in FORMS.items():
            path = f"/v1/cases/case-{case}/charts/{code}.svg"
            reply = house.get(path, asker.speaker.headers if asker.speaker else None)
            outcome.requests += 1
            outcome.cells["chart"] += 1 + sum(_points(whole, case, who).values())
            if asker.principal is None or view.one("cases", id=case) is None:
                if reply.status_code not in {401, 404} or POINT.search(reply.text):
                    outcome.leaks.append(f"{asker.label}: {path}: {reply.status_code}")
                continue
            must, shown = _points(view, case, who), Counter(POINT.findall(reply.text))
            outcome.allowed += 1 + sum(must.values())
            if shown - must:
                outcome.leaks.append(f"{asker.label}: {path}: {shown - must}")
            if must - shown or reply.status_code != 200:
                outcome.refusals.append(f"{asker.label}: {path}: {must - shown}")


def watch(house: House, outcome: Outcome, truth: Truth, jobs: Iterable[Job]) -> None:
    """Compare the first event of what is watched, and which signals would be told, with the oracle."""
    for some in batched(jobs, AT_ONCE):
        events = house.first_events(
            (body(job.document.text, job.variables), headers_of(job.asker)) for job in some
        )
        for job, (status, event) in zip(some, events, strict=True):
            # What may not be seen is an error here, and null where it is asked for once.
            data = {"case": (event.get("data") or {}).get("caseChanged")} if status == 200 else None
            judge(outcome, truth, job, status, data)


def watching(asker: Asker, cases: Iterable[UUID], turn: int) -> Iterator[Job]:
    """Yield one subscription of each case; which of its fields, in turns."""
    documents = watched()
    for number, case in enumerate(cases, turn):
        yield Job(asker, documents[number % len(documents)], (f"case-{case}",))


def raised(house: House, outcome: Outcome, truth: Truth, asker: Asker) -> None:
    """Compare the signals that would be raised for somebody with those that they may see."""
    if asker.principal is None:
        return
    view, whole = truth.views(asker)
    view.now = moment()
    told = set(filter(None, house.run(open_signals, house.database, asker.principal).split(",")))
    must = {str(row["id"]) for row in view.rows["signals"] if _is_open(row, view.now)}
    outcome.cells["subscription"] += len(whole.rows["signals"])
    outcome.allowed += len(must)
    outcome.leaks += [f"{asker.label}: the signal {each} is raised" for each in told - must]
    outcome.refusals += [f"{asker.label}: the signal {each} is not raised" for each in must - told]


def _is_open(row: Mapping[str, Any], now: str) -> bool:
    return bool(row["state"] == "OPEN" and row["raised_at"] <= now)


FEED = "/v1/feed?limit=1000"


def feed(house: House, outcome: Outcome, truth: Truth, asker: Asker) -> None:
    """Compare the facts that somebody is told: ids, of whom the oracle says, and no others."""
    told, status = _fed(house, asker)
    view, whole = truth.views(asker)
    ours = [row for row in whole.rows["facts"] if row["organisation_id"] == asker.organisation]
    outcome.cells["feed"] += len(ours)
    outcome.requests += 1
    must = {str(row["id"]) for row in view.rows["facts"]} if asker.feed else set()
    outcome.allowed += len(must)
    if told - must or (status == HTTPStatus.OK) > bool(asker.feed):
        outcome.leaks.append(f"{asker.label}: feed: {status}, {len(told - must)} facts too many")
    if must - told:
        outcome.refusals.append(f"{asker.label}: feed: {status}, {len(must - told)} facts missing")


def _fed(house: House, asker: Asker) -> tuple[set[str], int]:
    """Return the ids of all facts that somebody is told, batch by batch."""
    headers = asker.speaker.headers if asker.speaker else None
    found: set[str] = set()
    path = FEED
    while True:
        reply = house.get(path, headers)
        events = reply.json() if reply.status_code == HTTPStatus.OK else []
        if not events:
            return found, reply.status_code
        found |= {event["id"] for event in events}
        path = f"{FEED}&after={events[-1]['cursor']}"


def _points(view: View, case: UUID, who: str) -> Counter[str]:
    """Return the scores that a picture must print: the form's, and the other party's."""
    frame = view.one("cases", id=case)
    printed: Counter[str] = Counter()
    says = matrix_oracle.kinds()["Case"].fields["trajectory"]
    points = matrix_oracle.kinds()["Trajectory"].fields["points"]
    for side in filter(None, (who, OTHER.get(who))):
        given = {"instrument": FORMS[side], "informant": side, "scale": SCALE}
        series = linked(view, says, Thing("Case", frame or {}), given) if frame else []
        for row in linked(view, points, Thing("Trajectory", series[0]), {}) if series else []:
            if row["raw"] is not None:
                printed[f"{row['raw']:.1f}".removesuffix(".0")] += 1
    return printed


# --- The whole ------------------------------------------------------------------------------


def _untold(outcome: Outcome) -> list[str]:
    """Return fields that nobody was ever told: of them nothing was shown."""
    there = {(kind.name, name) for kind in matrix_oracle.kinds().values() for name in kind.fields}
    return [f"{kind}.{name}" for kind, name in sorted(there - outcome.told)]


def paths(house: House) -> list[str]:
    """Return every route of the app."""
    rest: Any = house.app._rest  # type: ignore[attr-defined]  # noqa: SLF001
    return [route.path for route in rest.routes]


def unknown(house: House) -> list[str]:
    """Return what the product has and the oracles do not know, and the other way round."""
    return [*matrix_oracle.unknown(paths(house)), *feed_oracle.unknown()]


LOOK = "query($id: ID!) { case(id: $id) { status careTeam { relation } } }"


def look(house: House, found: Matrix, asking: Iterable[Asker]) -> None:
    """Let everybody look at every case once: who has read a case is known to its client from then."""
    people = {asker.person: asker.speaker for asker in asking if asker.speaker}
    for person in filter(None, people.values()):
        house.together(person.request(LOOK, id=f"case-{case}") for case in found.world.cases)
    for asker in asking:
        if asker.feed:  # a batch is a reading of the cases in it
            _fed(house, asker)


def run(house: House, found: Matrix, *, small: bool) -> Outcome:
    """Run the matrix over a told world; small: a pairwise choice of it."""
    asking = everybody(found)
    outcome = Outcome(askers=len(asking), unknown=unknown(house))
    look(house, found, asking)
    plain = [asker for asker in asking if not _is_narrowed(asker)]
    read_ledgers(house, outcome, found, plain[:: 6 if small else 1])
    truth = Truth(house, found)
    if small:
        _some_of_it(house, outcome, found, truth, asking)
        for asker in plain:
            raised(house, outcome, truth, asker)
            feed(house, outcome, truth, asker)
    else:
        for each in progress.told("matrix", list(enumerate(asking)), outcome.so_far):
            ask(house, outcome, truth, jobs(found, truth, [each]))
            draw(house, outcome, truth, each[1], found.world.cases)
            watch(house, outcome, truth, watching(each[1], found.world.cases, each[0]))
            raised(house, outcome, truth, each[1])
            feed(house, outcome, truth, each[1])
        outcome.unknown += [f"nobody was told {each}" for each in _untold(outcome)]
    return outcome


def _some_of_it(
    house: House, outcome: Outcome, found: Matrix, truth: Truth, asking: Sequence[Asker]
) -> None:
    nodes, turn = _nodes(truth), count()
    chosen = sorted(pairwise(asking, list(found.world.cases)), key=lambda each: each[0].label)
    for asker, surface, case in chosen:
        if surface == "chart":
            draw(house, outcome, truth, asker, [case])
            continue
        if surface == "subscription":
            watch(house, outcome, truth, watching(asker, [case], next(turn)))
            continue
        if surface == "case":
            some = [Job(asker, each, (f"case-{case}",)) for each in of_case()]
        elif surface == "node":
            some = list(_node_jobs(asker, nodes, {case}))
        else:
            some = [Job(asker, each) for each in of_root(surface)]
        ask(house, outcome, truth, [some[next(turn) % len(some)]])


def experiment(small: bool) -> Figure:
    """Execute every cell; small: a pairwise choice."""
    with new_house() as house:
        outcome = run(house, a_matrix_world(house, small=True, filled=True), small=small)
    for line in (*outcome.leaks[:20], *outcome.refusals[:20], *outcome.unknown):
        print(line[:1000])
    print(dict(outcome.cells))
    total = outcome.total
    figure = (
        f"{total:,} cells executed ({outcome.askers} askers, {outcome.requests:,} requests, "
        f"{outcome.allowed:,} of them told their own value): {len(outcome.leaks)} leaks, "
        f"{len(outcome.refusals)} wrong refusals, {len(outcome.unknown)} unknown to the oracle"
    )
    wrong = outcome.leaks or outcome.refusals or outcome.unknown
    enough = total >= (LEAST_SMALL if small else LEAST) and outcome.allowed >= LEAST_TOLD * total
    return Figure("matrix", figure, "0, 0 and 0", met=enough and not wrong)
