"""What a published measure consists of; each is data, see `alliance_api.instruments`."""

import math
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from alliance_api.domain.exact import exact


class InformantRole(StrEnum):
    """Who answers a form. Forms for different informants are different instruments."""

    CLIENT = "CLIENT"
    THERAPIST = "THERAPIST"
    CAREGIVER = "CAREGIVER"


@dataclass(frozen=True, slots=True)
class Licence:
    """On which terms an instrument may be used, and whether its wording may travel with us."""

    id: str
    holder: str
    statement: str
    wording_may_be_shipped: bool
    permission_required: bool


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
    the key comes from.
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

    @property
    def verified(self) -> bool:
        """Whether the key of every scale is confirmed by a source."""
        return all(scale.verified for scale in self.scales)

    @property
    def constructs(self) -> frozenset[str]:
        """Everything any of its scales speaks about."""
        return frozenset(construct for scale in self.scales for construct in scale.constructs)
