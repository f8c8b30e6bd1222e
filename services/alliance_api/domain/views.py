"""What one audience may see of a case, as plain values: all that its signals are made of.

A view is filled by whoever knows the law. What is withheld from an audience is not in its view,
so nothing withheld can change what it is told. Everything is in order of time.
"""

from dataclasses import dataclass
from datetime import datetime

from alliance_api.domain.goals import Stances
from alliance_api.domain.instruments import InformantRole
from alliance_api.domain.norms import Norm
from alliance_api.domain.parties import PartyRole


@dataclass(frozen=True, slots=True)
class About:
    """Whose ratings something rests on, and what else it is about; None where it is about none.

    `informant` and `goal` are ids; `scale` may be a dimension.
    """

    informant: str | None = None
    role: InformantRole | None = None
    instrument: str | None = None
    scale: str | None = None
    party: PartyRole | None = None
    goal: str | None = None


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
    about: About = About()


@dataclass(frozen=True, slots=True)
class Pairing:
    """The keys of a client's and a therapist's series that speak of the same sessions."""

    client: str
    therapist: str


@dataclass(frozen=True, slots=True)
class TensionReport:
    """Tension reported of one session, or the yeses of a RISQ; None if it was not answered."""

    key: str
    at: datetime
    tension: float | None


@dataclass(frozen=True, slots=True)
class Reports:
    """One informant's reports of tension."""

    key: str
    reports: tuple[TensionReport, ...]
    about: About = About()


@dataclass(frozen=True, slots=True)
class Asked:
    """One occasion on which an informant is asked for a form, and when it is due."""

    key: str
    at: datetime
    answered: bool


@dataclass(frozen=True, slots=True)
class Asking:
    """All occasions of one informant and instrument, those to come included.

    What is said of them is said from the instant at which they are due: nothing happens then, so
    that whoever shows it compares that instant with now.
    """

    key: str
    occasions: tuple[Asked, ...]
    about: About = About()


@dataclass(frozen=True, slots=True)
class Appearance:
    """One session or commitment that counts for a party, and whether that party failed it.

    `at` is when it could be known: when it was planned, called off, or settled.
    """

    key: str
    at: datetime
    party: PartyRole
    failed: bool


@dataclass(frozen=True, slots=True)
class GoalView:
    """One wording of a goal, and what the parties say to it.

    `at` is when the first of those who disagree said so, else when it was worded. `stands`: it is
    the present wording of a goal that is still worked towards.
    """

    key: str
    wording: str
    at: datetime
    stances: Stances
    stands: bool = True


@dataclass(frozen=True, slots=True)
class PreferenceView:
    """What a client would like on one two-sided dimension, and what therapy is like.

    `key` is what says so, the id of a measurement if it was one (`evidence`); `at` is when the
    later of both was said. Beyond `strong_low` or `strong_high`, ends included, a preference is
    strong; such bounds are configuration [M]. `offered` is None while unknown.
    """

    key: str
    at: datetime
    dimension: str
    wanted: float
    offered: float | None
    strong_low: float
    strong_high: float
    neutral: float = 0
    evidence: tuple[str, ...] = ()
    about: About = About()


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
