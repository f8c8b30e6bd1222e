"""Made-up dyads whose ruptures are known, for tests, demonstrations and benchmarks.

Nobody was measured for this. The parameters come from facts 1.2 where there is a fact, and are our
own choice [D] elsewhere; see `World`. Everything follows from the seed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from alliance_api.domain.episodes import Pattern


class Style(StrEnum):
    """How an informant fills in forms."""

    ORDINARY = "ORDINARY"
    CEILING = "CEILING"
    STRAIGHT_LINE = "STRAIGHT_LINE"


@dataclass(frozen=True, slots=True)
class World:
    """What dyads are drawn from; spreads are SDs of a form's sum, rates are per session.

    The default form has four 10-point lines. Its variance of 36 is split as that form's published
    figures have it: score reliability .88 leaves an error of 2.08; retest .64 leaves a stable SD
    of 4.8; the rest is change within people, ruptures (1 to 2.5 SD of 6 deep) and session `state`
    together. The mean puts about a quarter of forms below 36. Missed sessions 8.9 % [S39].
    How often ruptures come, how they go and how styles are spread is our own choice [D].
    docs/reference/simulator.md tells each one.

    Raises:
        ValueError: for a share outside 0..1, a spread below 0, or a form nobody can fill in.
    """

    sessions: int = 20
    items: int = 4
    minimum: float = 0
    maximum: float = 10
    step: float = 0.1
    mean: float = 39
    stable: float = 4.8
    state: float = 1.2
    error: float = 2.08
    growth: float = 0.05
    ruptures: float = 0.03
    shallowest: float = 6
    deepest: float = 15
    unrepaired: float = 0.2
    missed: float = 0.089
    unanswered: float = 0.1
    late: float = 0.15
    ceiling_responders: float = 0.15
    straight_liners: float = 0.05
    therapist_bias: float = -2
    therapist_tracking: float = 0.5

    def __post_init__(self) -> None:
        shares = (self.ruptures, self.unrepaired, self.missed, self.unanswered, self.late)
        styles = (self.ceiling_responders, self.straight_liners)
        if not all(0 <= share <= 1 for share in (*shares, *styles, sum(styles))):
            raise ValueError("a share lies in 0..1, and so do both styles together")
        if min(self.stable, self.state, self.error, self.shallowest) < 0:
            raise ValueError("no spread and no depth lies below 0")
        if self.deepest < self.shallowest:
            raise ValueError("the deepest rupture is not above the shallowest")
        if min(self.sessions, self.items) < 1 or self.step <= 0 or self.maximum <= self.minimum:
            raise ValueError("there are sessions, items, steps and a range to answer in")


@dataclass(frozen=True, slots=True)
class Rupture:
    """A true episode: sessions by index, `repair` None if it never came, depth of the sum.

    Nadir and repair may lie beyond the last session that was simulated.
    """

    start: int
    nadir: int
    repair: int | None
    depth: float
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class Sitting:
    """One session: whether it was kept, minutes the client was late, and item answers or None.

    `expected` is what the client's sum would be without any error and within the scale.
    """

    kept: bool
    client_delay: float | None
    client: tuple[float, ...] | None
    therapist: tuple[float, ...] | None
    expected: float


@dataclass(frozen=True, slots=True)
class Dyad:
    """A case with what is known of it by construction."""

    style: Style
    sittings: tuple[Sitting, ...]
    ruptures: tuple[Rupture, ...]


WORLD = World()
_PATTERNS = ((Pattern.V, 0.6), (Pattern.GRADUAL_DECLINE, 0.25), (Pattern.U, 0.15))


def simulate(seed: int, n: int, world: World = WORLD) -> Iterator[Dyad]:
    """Yield n dyads; the same seed and world yield the same ones."""
    random = Random(seed)  # noqa: S311 - reproducible randomness, not secrets
    for _ in range(n):
        yield dyad(random, world)


def dyad(random: Random, world: World = WORLD) -> Dyad:
    """Return one dyad; the random numbers are drawn from `random`."""
    style = _style(random, world)
    ruptures = _ruptures(random, world)
    dips = _dips(ruptures, world.sessions)
    level = random.gauss(world.mean, world.stable)
    top = world.items * world.maximum
    sittings = []
    for index, dip in enumerate(dips):
        mood = random.gauss(level + index * world.growth, world.state)
        # A rupture pulls down from what the client would otherwise say, not from above the scale.
        felt = max(world.items * world.minimum, min(top, mood) - dip)
        sittings.append(_sitting(random, world, style, felt))
    return Dyad(style, tuple(sittings), ruptures)


def rupture_at(dyad: Dyad, session: int) -> Rupture | None:
    """Return the rupture that disturbs a session: from its start until it is repaired."""
    for each in dyad.ruptures:
        if each.start <= session and (each.repair is None or session < each.repair):
            return each
    return None


def _style(random: Random, world: World) -> Style:
    drawn = random.random()
    if drawn < world.ceiling_responders:
        return Style.CEILING
    straight = drawn < world.ceiling_responders + world.straight_liners
    return Style.STRAIGHT_LINE if straight else Style.ORDINARY


def _ruptures(random: Random, world: World) -> tuple[Rupture, ...]:
    found: list[Rupture] = []
    index = 1
    while index < world.sessions:
        if random.random() < world.ruptures:
            found.append(_rupture(random, world, index))
            if found[-1].repair is None:
                break
            index = found[-1].repair + 1
        index += 1
    return tuple(found)


def _rupture(random: Random, world: World, start: int) -> Rupture:
    (pattern,) = random.choices([p for p, _ in _PATTERNS], [w for _, w in _PATTERNS])
    # The longest decline that was observed took 6 sessions [S30b].
    nadir = start if pattern is Pattern.V else start + random.randint(1, 5)
    rise = random.randint(2, 4) if pattern is Pattern.U else random.randint(1, 2)
    if pattern is Pattern.GRADUAL_DECLINE:
        rise = 1
    repair = None if random.random() < world.unrepaired else nadir + rise
    depth = random.uniform(world.shallowest, world.deepest)
    return Rupture(start, nadir, repair, depth, pattern)


def _dips(ruptures: tuple[Rupture, ...], sessions: int) -> list[float]:
    """Return by how much each session is pulled down: linearly to the nadir, and up again."""
    dips = [0.0] * sessions
    for each in ruptures:
        end = sessions if each.repair is None else min(each.repair, sessions)
        for i in range(each.start, end):
            dips[i] = each.depth * _share(each, i)
    return dips


def _share(rupture: Rupture, index: int) -> float:
    if index <= rupture.nadir:
        return (index - rupture.start + 1) / (rupture.nadir - rupture.start + 1)
    if rupture.repair is None or rupture.pattern is not Pattern.U:
        return 1.0
    return (rupture.repair - index) / (rupture.repair - rupture.nadir)


def _sitting(random: Random, world: World, style: Style, felt: float) -> Sitting:
    if random.random() < world.missed:
        return Sitting(kept=False, client_delay=None, client=None, therapist=None, expected=felt)
    delay = random.expovariate(1 / 12) if random.random() < world.late else random.gauss(-2, 2)
    client = None if random.random() < world.unanswered else _answers(random, world, style, felt)
    seen = world.mean + world.therapist_tracking * (felt - world.mean) + world.therapist_bias
    asked = random.random() >= world.unanswered
    therapist = _answers(random, world, Style.ORDINARY, seen) if asked else None
    return Sitting(kept=True, client_delay=delay, client=client, therapist=therapist, expected=felt)


def _answers(random: Random, world: World, style: Style, felt: float) -> tuple[float, ...]:
    top, noise = world.maximum, world.error / world.items**0.5
    middle = felt / world.items
    if style is Style.STRAIGHT_LINE:
        return (_mark(random.gauss(middle, noise), world),) * world.items
    if style is Style.CEILING and top - middle < (world.maximum - world.minimum) / 4:
        return (top,) * world.items
    return tuple(_mark(random.gauss(middle, noise), world) for _ in range(world.items))


def _mark(value: float, world: World) -> float:
    within = min(world.maximum, max(world.minimum, value))
    steps = round((within - world.minimum) / world.step)
    return round(world.minimum + steps * world.step, 6)
