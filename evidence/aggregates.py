"""Published figures against a reader with a linear program, over random clinics and their quarters.

The reader knows who was counted where, in every quarter, how figures are rounded, and that nobody's
value ever changes; an informed one also knows what their own clients said. From everything that was
shown they ask a linear program (HiGHS) how far each hidden cell, and each client, can be narrowed.
"""

from __future__ import annotations

import random
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import highspy

from alliance_api.domain.aggregates import cells_of, figures, released
from alliance_api.domain.coarse_means import LEAST_VALUES, Known, Place, Told, means, told
from alliance_api.domain.grids import Grid
from alliance_api.domain.statistics import MINIMUM_N
from alliance_api.domain.suppression import Clients, Readers, Release
from evidence.figures import Figure

Client = int
Values = Mapping[Client, float]
GRIDS = (Grid(12, 60), Grid(4, 20), Grid(0, 27), Grid(0, 20), Grid(0, 21), Grid(0, 1, 0.01))
CLINIC = "clinic"
_SLACK = 1e-6


@dataclass(frozen=True)
class Quarter:
    """Who was counted where, whose value nobody knows, and who treats or treated whom by then."""

    places: dict[Client, Place]
    hidden: frozenset[Client]
    treated: Mapping[str, frozenset[Client]]

    @property
    def views(self) -> list[Clients]:
        """Whose values each reader knows."""
        found = {view for mine in self.treated.values() for view in (mine, mine - self.hidden)}
        return sorted(found - {frozenset()}, key=len)


@dataclass
class Clinic:
    """A clinic over some quarters, drawn at random: its size, and how many come and go."""

    rng: random.Random
    cases: dict[Client, str] = field(default_factory=dict)
    ever: dict[str, set[Client]] = field(default_factory=lambda: defaultdict(set))
    born: int = 0

    def __post_init__(self) -> None:
        rng = self.rng
        self.teams = {
            f"{team}.{number}": team
            for team in range(rng.randint(1, 4))
            for number in range(rng.randint(1, 6))
        }
        self.size = rng.choice([3, 6, 9, 12])
        self.churn = rng.choice([0.02, 0.1, 0.3, 0.6])
        self.silent = rng.choice([0, 0.1, 0.3])
        self.private = rng.choice([0, 0, 0.05])
        for therapist in self.teams:
            self._admit(therapist, rng.randint(0, 2 * self.size))

    def quarters(self) -> list[Quarter]:
        """Return one to four quarters."""
        return [self._quarter(number) for number in range(self.rng.randint(1, 4))]

    def _admit(self, therapist: str, count: int) -> None:
        for _ in range(count):
            self.cases[self.born] = therapist
            self.born += 1

    def _quarter(self, number: int) -> Quarter:
        if number:
            self._come_and_go()
        for client, therapist in self.cases.items():
            self.ever[therapist].add(client)
        heard = {c: t for c, t in self.cases.items() if self.rng.random() >= self.silent}
        hidden = frozenset(c for c in heard if self.rng.random() < self.private)
        places = {
            client: Place(self.teams[therapist], None if client in hidden else therapist)
            for client, therapist in heard.items()
        }
        treated = {therapist: frozenset(mine) for therapist, mine in self.ever.items()}
        return Quarter(places, hidden, treated)

    def _come_and_go(self) -> None:
        rng, therapists = self.rng, list(self.teams)
        for client in list(self.cases):
            drawn = rng.random()
            if drawn < self.churn:
                del self.cases[client]
            elif drawn < 1.15 * self.churn:
                self.cases[client] = rng.choice(therapists)
        for therapist in therapists:
            self._admit(therapist, sum(rng.random() < self.churn for _ in range(self.size)))
        if rng.random() < 0.1:
            self.teams[rng.choice(therapists)] = rng.choice(list(self.teams.values()))


def values(rng: random.Random, clients: int, grid: Grid) -> dict[Client, float]:
    """Return a value for every client: spread out, piled up at an end, or at both ends only."""
    low, high = grid.minimum, grid.maximum
    width = high - low
    kinds: tuple[Callable[[], float], ...] = (
        lambda: rng.uniform(low, high),
        lambda: high - width * rng.betavariate(1, 6),
        lambda: high if rng.random() < 0.93 else rng.uniform(low, high),
        lambda: rng.choice([low, high]),
        lambda: min(high, max(low, rng.gauss(low + 0.7 * width, 0.17 * width))),
        lambda: rng.choice([low, low + width / 2, high]),
    )
    kind = rng.choice(kinds)
    return {client: kind() for client in range(clients)}


@dataclass(frozen=True)
class Row:
    """What a reader knows of some clients' sum."""

    clients: Clients
    low: float
    high: float


@dataclass(frozen=True)
class Shown:
    """What a way of publishing shows of a quarter, and which cells it means to hide."""

    rows: tuple[Row, ...]
    hidden: tuple[Clients, ...]
    cells: int
    blocks: tuple[tuple[Told, ...], ...] = ()


Publish = Callable[[Sequence[Quarter], Values, Grid], list[Shown]]


def ours(quarters: Sequence[Quarter], of: Values, grid: Grid) -> list[Shown]:
    """Publish as the product does."""
    return _published(quarters, of, grid, looking_back=True)


def forgetful(quarters: Sequence[Quarter], of: Values, grid: Grid) -> list[Shown]:
    """Publish every quarter as if it were the first."""
    return _published(quarters, of, grid, looking_back=False)


def careless(quarters: Sequence[Quarter], of: Values, grid: Grid) -> list[Shown]:
    """Publish every cell of five clients or more, coarsely, and no complementary suppression."""
    found = []
    for quarter in quarters:
        cells = [cell.clients for cell in cells_of(quarter.places, CLINIC)]
        shown = [cell for cell in cells if len(cell) >= MINIMUM_N]
        rows = [_row([Told(cell, *grid.place(_mean(of, cell)))]) for cell in shown]
        small = tuple(cell for cell in cells if len(cell) < MINIMUM_N)
        found.append(Shown(tuple(rows), small, len(rows)))
    return found


def _published(
    quarters: Sequence[Quarter], of: Values, grid: Grid, *, looking_back: bool
) -> list[Shown]:
    earlier: list[Sequence[Clients]] = []
    found = []
    for quarter in quarters:
        release = released(quarter.places, CLINIC, Readers(quarter.views, tuple(earlier)))
        earlier += [release.parts] if looking_back else []
        found.append(_shown(release, quarter, of, grid))
    return found


def _shown(release: Release, quarter: Quarter, of: Values, grid: Grid) -> Shown:
    known = Known(quarter.places, quarter.views)
    blocks = tuple(tuple(told(of, part, grid, known)) for part in release.parts)
    _check(release, of, grid, known, blocks)
    hidden = [
        cell.clients for cell in cells_of(quarter.places, CLINIC) if cell.key in release.withheld
    ]
    return Shown(tuple(map(_row, blocks)), tuple(hidden), len(release.shown), blocks)


def _check(
    release: Release, of: Values, grid: Grid, known: Known, blocks: Sequence[Sequence[Told]]
) -> None:
    """Fail if a figure is made of anything but what the reader is given here."""
    for key, figure in figures(release, means(of, grid, release, known)).items():
        if figure.value is not None:
            made = [block for index in release.shown[key] for block in blocks[index]]
            middle = sum(len(b.clients) * (b.low + b.high) / 2 for b in made)
            assert abs(middle / sum(len(b.clients) for b in made) - figure.value) < 0.001


def _row(blocks: Iterable[Told]) -> Row:
    each = list(blocks)
    return Row(
        frozenset[object]().union(*(block.clients for block in each)),
        sum(len(block.clients) * block.low for block in each),
        sum(len(block.clients) * block.high for block in each),
    )


def _mean(of: Values, clients: Iterable[object]) -> float:
    return statistics.fmean(of[client] for client in clients)  # type: ignore[index]


class Reader:
    """A linear program over the sums of clients whom nothing tells apart."""

    def __init__(
        self, rows: Sequence[Row], hidden: Sequence[Clients], grid: Grid, known: Values
    ) -> None:
        """Write down what is known; `known` clients have exactly these values."""
        self._grid = grid
        self._known = known
        self._hidden = hidden
        alike: dict[tuple[object, ...], list[Client]] = defaultdict(list)
        every = (*(row.clients for row in rows), *hidden)
        for client in sorted(frozenset[object]().union(*every), key=str):
            assert isinstance(client, int)
            alike[client in known, tuple(client in group for group in every)].append(client)
        self._classes = list(alike.values())
        self._class = {c: i for i, found in enumerate(self._classes) for c in found}
        self._program = self._written(rows)

    def _written(self, rows: Sequence[Row]) -> highspy.Highs:
        program = highspy.Highs()  # type: ignore[no-untyped-call]
        program.setOptionValue("output_flag", False)
        for found in self._classes:
            if found[0] in self._known:
                total = sum(self._known[client] for client in found)
                program.addVar(total, total)
            else:
                program.addVar(len(found) * self._grid.minimum, len(found) * self._grid.maximum)
        for row in rows:
            places = sorted({self._class[c] for c in row.clients})  # type: ignore[index]
            program.addRow(
                row.low - _SLACK, row.high + _SLACK, len(places), places, [1.0] * len(places)
            )
        return program

    def widths(self) -> Iterable[tuple[str, float]]:
        """Return how widely every hidden cell's sum, and everybody's value, can still vary."""
        grid = self._grid
        for index, found in enumerate(self._classes):
            if found[0] not in self._known:
                low, high = self._bounds([index])
                others = len(found) - 1
                one = (
                    max(grid.minimum, low - others * grid.maximum),
                    min(grid.maximum, high - others * grid.minimum),
                )
                yield "client", one[1] - one[0]
        for cell in self._hidden:
            rest = {self._class[c] for c in cell if c not in self._known}  # type: ignore[index]
            if rest:
                low, high = self._bounds(sorted(rest))
                yield "cell", high - low

    def _bounds(self, indexes: Sequence[int]) -> tuple[float, float]:
        ends = []
        for sign in (1.0, -1.0):
            for index in indexes:
                self._program.changeColCost(index, sign)
            self._program.run()
            assert self._program.getModelStatus() == highspy.HighsModelStatus.kOptimal
            ends.append(sign * self._program.getInfo().objective_function_value)
        for index in indexes:
            self._program.changeColCost(index, 0.0)
        return ends[0], ends[1]


@dataclass
class Found:
    """What readers made of many clinics' figures."""

    shown: int = 0
    asked: int = 0
    narrowed: int = 0
    recovered: int = 0

    def add(self, widths: Iterable[tuple[str, float]], value: float) -> None:
        """Count what was narrowed to fewer than ten values, and clients known to one value."""
        for what, width in widths:
            self.asked += 1
            count = int(width / value + 0.001) + 1
            self.narrowed += count < LEAST_VALUES
            self.recovered += what == "client" and count <= 1


def attack(seed: int, publish: Publish, found: Found, *, informed: bool = False) -> None:
    """Let a reader look at everything that was published about one random clinic."""
    rng = random.Random(seed)
    clinic = Clinic(rng)
    quarters, grid = clinic.quarters(), rng.choice(GRIDS)
    of = values(rng, clinic.born, grid)
    quarters = [quarter for quarter in quarters if quarter.places]
    shown = publish(quarters, of, grid)
    known = _own(rng, quarters, of) if informed and quarters else {}
    rows = [row for each in shown for row in (*each.rows, *_without(each.blocks, known))]
    if rows:
        hidden = [cell for each in shown for cell in each.hidden]
        found.shown += sum(each.cells for each in shown)
        found.add(Reader(rows, hidden, grid, known).widths(), grid.value)


def _own(rng: random.Random, quarters: Sequence[Quarter], of: Values) -> dict[Client, float]:
    """Return what one therapist knows of their clients: what was open to them once."""
    therapists = sorted(quarters[-1].treated)
    if not therapists:
        return {}
    me = rng.choice(therapists)
    mine = quarters[-1].treated[me]
    heard = {
        client
        for quarter in quarters
        for client in quarter.places
        if client not in quarter.hidden and client in quarter.treated.get(me, ())
    }
    return {client: of[client] for client in heard & mine}


def _without(blocks: Iterable[Sequence[Told]], known: Values) -> Iterable[Row]:
    """Take the blocks that a reader knows whole out of what is told of a part."""
    for each in blocks:
        rest = [block for block in each if not known.keys() >= block.clients]
        if 0 < len(rest) < len(each):
            yield _row(rest)


def attacked(seeds: Iterable[int], publish: Publish, *, informed: bool = False) -> Found:
    """Return what readers made of the figures of many clinics."""
    found = Found()
    for seed in seeds:
        attack(seed, publish, found, informed=informed)
    return found


def experiment(small: bool) -> Figure:
    """Attack 2,000 clinics, twice; small: 120. Then see that the attack finds what is careless."""
    seeds = range(120 if small else 2_000)
    plain, informed = attacked(seeds, ours), attacked(seeds, ours, informed=True)
    loose = attacked(seeds, careless).narrowed
    without_memory = attacked(seeds, forgetful).narrowed
    for name, each in (("plain", plain), ("informed", informed)):
        print(f"{name}: {each.asked} sums and values bounded by linear programs")
    figure = (
        f"{len(seeds)} data sets, {plain.shown} cells shown: {plain.narrowed} suppressed cells or "
        f"clients bounded to fewer than {LEAST_VALUES} values, {plain.recovered} recovered; "
        f"{informed.narrowed} and {informed.recovered} by a therapist who knows their own; "
        f"{loose} without complementary suppression, {without_memory} without looking back"
    )
    safe = not (plain.narrowed or plain.recovered or informed.narrowed or informed.recovered)
    met = safe and plain.shown > 0 and loose > 0 and without_memory > 0
    return Figure("aggregates", figure, "0, 0, 0 and 0; more without either", met)
