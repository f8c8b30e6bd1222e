"""What one audience sees of a made-up case, and what it is told."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from alliance_api.domain.norms import Norm, ReliabilityKind
from alliance_api.domain.parties import PartyRole
from alliance_api.domain.signals import Signal, SignalKind, signals
from alliance_api.domain.views import Appearance, Cut, Pairing, Reading, Series, View

CLIENT, THERAPIST = PartyRole.CLIENT, PartyRole.THERAPIST
START = datetime(2025, 1, 6, 10, tzinfo=UTC)
STEADY = [30.0, 31.0, 30.0, 32.0, 31.0, 30.0, 31.0, 32.0]
NORM = Norm(
    sd=6,
    reliability=0.88,
    reliability_kind=ReliabilityKind.ALPHA,
    population="outpatients",
    source="made up",
    n=100,
)


def week(n: int) -> datetime:
    return START + timedelta(weeks=n)


def a_series(
    values: Sequence[float],
    norm: Norm | None = NORM,
    cut: Cut | None = None,
    key: str = "client",
    name: str = "m",
) -> Series:
    readings = tuple(
        Reading(f"{name}{n}", week(n), value, f"s{n}") for n, value in enumerate(values)
    )
    return Series(key, 0, 40, readings, norm, cut)


def of_kind(view: View, kind: SignalKind) -> list[Signal]:
    return [signal for signal in signals(view) if signal.kind is kind]


def keys(view: View, kind: SignalKind) -> list[str]:
    return [signal.key for signal in of_kind(view, kind)]


def a_pair(client: Sequence[float], therapist: Sequence[float]) -> View:
    return View(
        series=(a_series(client), a_series(therapist, key="therapist", name="t")),
        pairings=(Pairing("client", "therapist"),),
    )


def falls(party: PartyRole, record: str) -> list[Signal]:
    seen = tuple(Appearance(f"a{n}", week(n), party, each == "m") for n, each in enumerate(record))
    return of_kind(View(appearances=seen), SignalKind.RELIABILITY_FALLING)
