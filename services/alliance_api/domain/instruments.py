"""What a published measure consists of; each is data, see `alliance_api.instruments`."""

import math
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from alliance_api.domain.exact import exact
from alliance_api.domain.licences import Licence, LicenceStatus
from alliance_api.domain.norms import Norm, Polarity, ReliabilityKind
from alliance_api.domain.published import Band, Report

__all__ = [
    "Ages",
    "Anchor",
    "Band",
    "InformantRole",
    "Instrument",
    "Item",
    "Licence",
    "LicenceStatus",
    "Norm",
    "Polarity",
    "ReliabilityKind",
    "Report",
    "Scale",
    "TimeFrame",
]


class InformantRole(StrEnum):
    """Who answers a form. Forms for different informants are different instruments."""

    CLIENT = "CLIENT"
    THERAPIST = "THERAPIST"
    CAREGIVER = "CAREGIVER"


class TimeFrame(StrEnum):
    """Which time a form asks about. Forms with different time frames make separate series."""

    SESSION = "SESSION"
    """One session, and at most the days until the next."""
    LAST_WEEK = "LAST_WEEK"
    LAST_WEEKS = "LAST_WEEKS"
    GENERAL = "GENERAL"
    """No particular time: what somebody prefers."""


@dataclass(frozen=True, slots=True)
class Ages:
    """For clients of which age a form is made, in completed years, both ends included.

    Below `signals_from` its scores are shown, but no signal may be drawn from them.
    """

    minimum: int | None = None
    maximum: int | None = None
    signals_from: int | None = None

    def fit(self, years: int) -> bool:
        """Return whether the form is made for a client of this age."""
        return (self.minimum is None or years >= self.minimum) and (
            self.maximum is None or years <= self.maximum
        )


@dataclass(frozen=True, slots=True)
class Anchor:
    """The words at one point of a response scale."""

    value: float
    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """One question. `wording` is None where the licence keeps it from us; the key is ours.

    Values go from `minimum` to `maximum` in steps of `step`. `safety` marks an item whose answer
    may call for help at once, which the informant is told beforehand.
    """

    number: int
    key: str
    minimum: float
    maximum: float
    step: float = 1
    not_applicable: bool = False
    wording: str | None = None
    anchors: tuple[Anchor, ...] = ()
    construct: str | None = None
    safety: bool = False


@dataclass(frozen=True, slots=True)
class Scale:
    """Items that are summed. Mean and POMP follow from the sum.

    How many items may be missing: none if `all_required`; else `max_missing`, where the authors
    published it; else as many as leave `min_share` answered, our own default of 75 % [D].
    `verified`: a source confirms the key. `missing_verified`: a source confirms the missing rule.
    `polarity` is None where neither end is better. `any_yes`: a single answer at the top of its
    range is worth asking about, see `scoring.any_yes`. `headline`: it stands for the whole form
    although it is not made of every item, see `Instrument.headline`. `norms` judge change,
    `reports` are shown, `bands` name parts of the range; all are empty where no source gives any.
    """

    key: str
    items: tuple[int, ...]
    reversed: tuple[int, ...] = ()
    constructs: tuple[str, ...] = ()
    how: str = "sum"
    all_required: bool = False
    max_missing: int | None = None
    min_share: float = 0.75
    verified: bool = False
    missing_verified: bool = False
    loinc: str | None = None
    polarity: Polarity | None = Polarity.HIGHER_IS_BETTER
    any_yes: bool = False
    headline: bool = False
    norms: tuple[Norm, ...] = ()
    reports: tuple[Report, ...] = ()
    bands: tuple[Band, ...] = ()

    @property
    def least_answered(self) -> int:
        """How many items must be answered before the scale can be scored; at least 1."""
        if self.all_required:
            return len(self.items)
        if self.max_missing is not None:
            return max(1, len(self.items) - self.max_missing)
        # Exactly: three quarters of four items are three, whatever binary fractions make of it.
        return max(1, math.ceil(exact(self.min_share) * Fraction(len(self.items))))


@dataclass(frozen=True, slots=True)
class Instrument:
    """A published measure in one version, one language and one informant's form.

    `validated`: a source this project cites reports how the form measures. `source` says where
    the key comes from. `time_frame` is None where no source says what time the form asks about.
    """

    code: str
    version: int
    name: str
    informant: InformantRole
    language: str
    licence: Licence
    validated: bool
    items: tuple[Item, ...]
    scales: tuple[Scale, ...]
    source: str
    instructions: str | None = None
    loinc: str | None = None
    time_frame: TimeFrame | None = None
    ages: Ages = Ages()

    @property
    def verified(self) -> bool:
        """Whether the key of every scale is confirmed by a source."""
        return all(scale.verified for scale in self.scales)

    @property
    def headline(self) -> Scale | None:
        """The scale that stands for the whole form, or None for one that must not be summed up.

        It is the one that says so, or else the `total`, which is made of every item.
        """
        said = next((scale for scale in self.scales if scale.headline), None)
        return said or next((scale for scale in self.scales if scale.key == "total"), None)

    @property
    def constructs(self) -> frozenset[str]:
        """Everything any of its scales speaks about."""
        return frozenset(construct for scale in self.scales for construct in scale.constructs)
