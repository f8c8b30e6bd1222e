"""What a period is told about: each client's one value, measure by measure, and who knows it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from alliance_api.domain.aggregates import Measure
from alliance_api.domain.coarse_means import Place
from alliance_api.domain.collaboration import GoalRecord, collaboration
from alliance_api.domain.composition import composition
from alliance_api.domain.parties import PartyRole
from alliance_api.domain.periods import Period
from alliance_api.domain.reliability import Policy, reliability
from alliance_api.domain.statistics import Rate
from alliance_api.instruments.forms import definition
from alliance_api.instruments.pairs import pairs
from alliance_api.store import aggregates
from alliance_api.store.rows import Found
from alliance_api.store.transaction import Transaction

from .derive_goals import by_party
from .reliability import promise_record, session_record

Values = dict[UUID, float]


@dataclass(frozen=True, slots=True)
class Scale:
    """One scale of a series: every client's value and its range; `parts` add up to it."""

    values: Values
    minimum: float = 0.0
    maximum: float = 1.0
    constructs: Sequence[str] = ()
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Series:
    """What is told about the same clients. Of `hidden` ones not even a therapist knows the value."""

    measure: Measure
    scales: Mapping[str, Scale]
    code: str = ""
    role: str = ""
    hidden: frozenset[UUID] = frozenset()

    @property
    def name(self) -> tuple[str, str, str]:
        """What tells it from others, period after period."""
        return self.measure.value, self.code, self.role

    @property
    def clients(self) -> Iterable[UUID]:
        """Everybody who has a value: the same for every scale."""
        return next(iter(self.scales.values())).values


@dataclass(slots=True)
class Ground:
    """Everything that a period's figures are made of, and who treats whom."""

    period: Period
    scores: Sequence[Found]
    sessions: Sequence[Found]
    promises: Sequence[Found]
    stances: Sequence[Found]
    standings: Sequence[Found]
    teams: Mapping[UUID, UUID]
    managers: frozenset[UUID]
    therapists: dict[UUID, UUID] = field(init=False)

    def __post_init__(self) -> None:
        """Find each client's therapist: who met them most often in the period, else the first."""
        first = {
            row["client_id"]: row["person_id"]
            for row in reversed(self.standings)
            if row["relation"] == "THERAPIST"
            and (row["ends_at"] is None or row["ends_at"] > self.period.starts_at)
        }
        met: dict[UUID, Counter[UUID]] = defaultdict(Counter)
        for row in self.sessions:
            if row["state"] != "MOVED":
                met[row["client_id"]][row["therapist_id"]] += 1
        often = {client: min(found, key=lambda t: (-found[t], t)) for client, found in met.items()}
        self.therapists = {**first, **often}

    def places(self, series: Series) -> dict[UUID, Place]:
        """Return where each client counts; a hidden value in no therapist's figure."""
        found = {}
        for client in series.clients:
            therapist = self.therapists.get(client)
            team = self.teams.get(therapist) if therapist else None
            found[client] = Place(team, None if client in series.hidden else therapist)
        return found

    def known(self, hidden: frozenset[UUID]) -> list[frozenset[UUID]]:
        """Return whose values each reader of figures knows, with and without what is hidden now."""
        treat = {row["person_id"] for row in self.standings if row["relation"] == "THERAPIST"}
        clients: dict[UUID, set[UUID]] = defaultdict(set)
        for row in self.standings:
            if row["person_id"] in treat | self.managers:
                clients[row["person_id"]].add(row["client_id"])
        views = {frozenset(found) for found in clients.values()}
        return sorted({*views, *(view - hidden for view in views)} - {frozenset()}, key=len)


async def ground_of(tx: Transaction, period: Period) -> Ground:
    """Read what a period's figures are made of (as the engine)."""
    span = (period.starts_at, period.ends_at)
    return Ground(
        period,
        scores=await aggregates.scores(tx, span),
        sessions=await aggregates.sessions(tx, span),
        promises=await aggregates.promises(tx, span),
        stances=await aggregates.stances(tx, period.starts_on, period.ends_at),
        standings=await aggregates.standings(tx, period.ends_at),
        teams=await aggregates.teams(tx, period.ends_at),
        managers=await aggregates.managers(tx),
    )


def all_series(ground: Ground) -> list[Series]:
    """Return every series of a period that anybody has a value for."""
    forms = _measurements(ground.scores)
    found = [*_scores(forms), *_reliability(ground), _goals(ground), *_dyads(forms)]
    return [series for series in found if series.scales and any(series.clients)]


Form = Mapping[str, Found]
Forms = Mapping[tuple[str, str], Sequence[Form]]


def _measurements(rows: Sequence[Found]) -> Forms:
    """Return the forms of each instrument and role by scale: those that gave every score."""
    forms: dict[UUID, dict[str, Found]] = defaultdict(dict)
    for row in rows:
        forms[row["measurement_id"]][row["scale"]] = row
    found: dict[tuple[str, str], list[Form]] = defaultdict(list)
    for form in forms.values():
        one = next(iter(form.values()))
        if all(row["raw"] is not None for row in form.values()):
            found[one["instrument_code"], one["informant_role"]].append(form)
    return found


def _scores(forms: Forms) -> Iterable[Series]:
    for (code, role), given in sorted(forms.items()):
        instrument = definition(code)
        if instrument is None:
            continue
        chosen, hidden = _chosen(given)
        made = composition(instrument.scales)
        constructs = {scale.key: scale.constructs for scale in instrument.scales}
        scales = {key: _scale(key, chosen, constructs[key], parts) for key, parts in made.items()}
        yield Series(Measure.SCORE, scales, code, role, hidden)


def _chosen(given: Sequence[Form]) -> tuple[dict[UUID, list[Form]], frozenset[UUID]]:
    """Return each client's forms: what is open, or else what was consented to; and whose is not."""
    every: dict[bool, dict[UUID, list[Form]]] = {True: defaultdict(list), False: defaultdict(list)}
    for form in given:
        one = next(iter(form.values()))
        every[one["open"]][one["client_id"]].append(form)
    hidden = frozenset(every[False]) - frozenset(every[True])
    return {**every[True], **{client: every[False][client] for client in hidden}}, hidden


def _scale(
    key: str, chosen: Mapping[UUID, Sequence[Form]], constructs: Sequence[str], parts: Sequence[str]
) -> Scale:
    one = next(iter(chosen.values()))[0][key]
    values = {
        client: fmean(sum(form[part]["raw"] for part in parts) for form in forms)
        for client, forms in chosen.items()
    }
    added = tuple(parts) if tuple(parts) != (key,) else ()
    return Scale(values, one["minimum"], one["maximum"], constructs, added)


def _reliability(ground: Ground) -> Iterable[Series]:
    held: dict[UUID, list[Any]] = defaultdict(list)
    for row in ground.sessions:
        held[row["client_id"]].append(session_record(row))
    promised: dict[UUID, list[Any]] = defaultdict(list)
    for row in ground.promises:
        promised[row["client_id"]].append(promise_record(row, ZoneInfo(row["time_zone"])))
    for party in PartyRole:
        rates: dict[Measure, dict[UUID, Rate]] = defaultdict(dict)
        for client in held.keys() | promised.keys():
            sessions, promises = held[client], promised[client]
            found = reliability(party, sessions, promises, ground.period.ends_at, Policy())
            rates[Measure.KEPT][client] = found.kept
            rates[Measure.PUNCTUAL][client] = found.punctual
            rates[Measure.FOLLOW_THROUGH][client] = found.follow_through
        for measure, by_client in rates.items():
            yield _rates(measure, by_client, "reliability", party.value)


def _goals(ground: Ground) -> Series:
    said: dict[UUID, dict[UUID, list[Found]]] = defaultdict(lambda: defaultdict(list))
    for row in ground.stances:
        said[row["client_id"]][row["id"]].append(row)
    rates = {
        client: collaboration(_record(rows) for rows in goals.values()).agreed
        for client, goals in said.items()
    }
    return _rates(Measure.AGREED_GOALS, rates, "goals")


def _record(rows: Sequence[Found]) -> GoalRecord:
    stances = by_party((row["role"], row["stance"]) for row in rows)
    return GoalRecord(stances, worded_by=None, proposed_at=rows[0]["proposed_at"])


def _rates(measure: Measure, rates: Mapping[UUID, Rate], construct: str, role: str = "") -> Series:
    values = {
        client: rate.numerator / rate.denominator
        for client, rate in sorted(rates.items())
        if rate.denominator
    }
    return Series(
        measure, {"": Scale(values, constructs=(construct,))} if values else {}, role=role
    )


@dataclass(frozen=True, slots=True)
class Dyads(Series):
    """Client and therapist on the same sessions: a pair of values a client, scale by scale."""

    pairs: Mapping[str, Mapping[UUID, tuple[float, float]]] = field(default_factory=dict)
    absolute: bool = False


def _dyads(forms: Forms) -> Iterable[Dyads]:
    for (code, role), given in sorted(forms.items()):
        pair = next((pair for pair in pairs(code) if not pair.foresees), None)
        if role != PartyRole.CLIENT or pair is None:
            continue
        theirs = _by_session(forms.get((pair.form, "THERAPIST"), ()))
        mine = _by_session(given)
        unit = "raw" if pair.item_parallel else "pomp"
        both = sorted(mine.keys() & theirs.keys(), key=str)
        keys = sorted({key for each in both for key in mine[each].keys() & theirs[each].keys()})
        found = {
            key: _paired(key, unit, [(mine[each], theirs[each]) for each in both]) for key in keys
        }
        instrument = definition(code)
        constructs = (
            {scale.key: scale.constructs for scale in instrument.scales} if instrument else {}
        )
        scales = {
            key: Scale(dict.fromkeys(dyads, 0.0), -1.0, 1.0, constructs.get(key, ()))
            for key, dyads in found.items()
        }
        yield Dyads(Measure.AGREEMENT_ICC, scales, code, pairs=found, absolute=pair.item_parallel)


def _by_session(given: Sequence[Form]) -> dict[tuple[UUID, UUID], Form]:
    ones = [(next(iter(form.values())), form) for form in given]
    return {
        (one["client_id"], one["session_id"]): form
        for one, form in ones
        if one["session_id"] is not None and one["open"]
    }


def _paired(
    key: str, unit: str, both: Sequence[tuple[Form, Form]]
) -> dict[UUID, tuple[float, float]]:
    """Return the means of both over the sessions that both rated, client by client."""
    rated: dict[UUID, list[tuple[float, float]]] = defaultdict(list)
    for mine, theirs in both:
        if key in mine and key in theirs:
            rated[mine[key]["client_id"]].append((mine[key][unit], theirs[key][unit]))
    return {
        client: (fmean(mine for mine, _ in found), fmean(theirs for _, theirs in found))
        for client, found in rated.items()
    }
