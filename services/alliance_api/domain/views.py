"""What one audience may see of a case, as plain values: all that its signals are made of.

A view is filled by whoever knows the law. What is withheld from an audience is not in its view,
so nothing withheld can change what it is told. Everything is in order of time.
"""

from dataclasses import dataclass
from datetime import datetime

from alliance_api.domain.goals import Stances
from alliance_api.domain.norms import Norm
from alliance_api.domain.parties import PartyRole


@dataclass(frozen=True, slots=True)
class Reading:
    """One score: the id of its measurement, when, how much, and of which session if any."""

    key: str
    at: datetime
    value: float
    session: str | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """From where alliance counts as low; a published or a clinic's own figure, never ours.

    `inclusive`: a score of exactly `value` is low. Sources differ in just that [S6, S7].
    """

    value: float
    inclusive: bool
    source: str


@dataclass(frozen=True, slots=True)
class Series:
    """Scores of one alliance scale by one informant; higher is better.

    `minimum` and `maximum` are the ends of the scale, in the unit of the readings and the norm.
    """

    key: str
    minimum: float
    maximum: float
    readings: tuple[Reading, ...]
    norm: Norm | None = None
    cut: Cut | None = None


@dataclass(frozen=True, slots=True)
class Pairing:
    """The keys of a client's and a therapist's series that speak of the same sessions."""

    client: str
    therapist: str


@dataclass(frozen=True, slots=True)
class TensionReport:
    """Tension reported of one session, or the yeses of a RISQ; None if it was not answered."""

    key: str
    tension: float | None


@dataclass(frozen=True, slots=True)
class Reports:
    """One informant's reports of tension."""

    key: str
    reports: tuple[TensionReport, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """One occasion on which an informant was asked for a form, already due."""

    key: str
    answered: bool


@dataclass(frozen=True, slots=True)
class Asking:
    """All occasions of one informant and instrument that are due by now."""

    key: str
    occasions: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class Appearance:
    """One session or commitment that counts for a party, and whether that party failed it."""

    key: str
    party: PartyRole
    failed: bool


@dataclass(frozen=True, slots=True)
class GoalView:
    """One goal worked towards: the id of its present wording, and what the parties say to it."""

    key: str
    wording: str
    stances: Stances


@dataclass(frozen=True, slots=True)
class PreferenceView:
    """What a client would like on one two-sided dimension, and what therapy is like.

    `key` is the measurement that says so. Beyond `strong_low` or `strong_high`, ends included, a
    preference is strong; such bounds are configuration [M]. `offered` is None while unknown.
    """

    key: str
    dimension: str
    wanted: float
    offered: float | None
    strong_low: float
    strong_high: float
    neutral: float = 0


@dataclass(frozen=True, slots=True)
class View:
    """Everything one audience may see that signals can be made of."""

    series: tuple[Series, ...] = ()
    pairings: tuple[Pairing, ...] = ()
    tensions: tuple[Reports, ...] = ()
    askings: tuple[Asking, ...] = ()
    appearances: tuple[Appearance, ...] = ()
    goals: tuple[GoalView, ...] = ()
    preferences: tuple[PreferenceView, ...] = ()
