"""On which terms a measure may be used, and its wording passed on."""

from dataclasses import dataclass
from enum import StrEnum


class LicenceStatus(StrEnum):
    """What a licence lets one do, from the most to the least."""

    FREE = "FREE"
    FREE_WITH_ATTRIBUTION = "FREE_WITH_ATTRIBUTION"
    NO_DERIVATIVES = "NO_DERIVATIVES"
    FREE_TO_USE_NO_REDISTRIBUTION = "FREE_TO_USE_NO_REDISTRIBUTION"
    PERMISSION_REQUIRED = "PERMISSION_REQUIRED"
    ELECTRONIC_USE_PROHIBITED = "ELECTRONIC_USE_PROHIBITED"
    ALL_RIGHTS_RESERVED = "ALL_RIGHTS_RESERVED"

    @property
    def redistributable(self) -> bool:
        """Whether the wording may be passed on, word for word."""
        return self in _REDISTRIBUTABLE

    @property
    def usable(self) -> bool:
        """Whether a clinic may use the measure without asking anybody."""
        return self in _USABLE


_REDISTRIBUTABLE = frozenset(
    {LicenceStatus.FREE, LicenceStatus.FREE_WITH_ATTRIBUTION, LicenceStatus.NO_DERIVATIVES}
)
_USABLE = _REDISTRIBUTABLE | {LicenceStatus.FREE_TO_USE_NO_REDISTRIBUTION}


@dataclass(frozen=True, slots=True)
class Licence:
    """On which terms an instrument may be used, and whether its wording travels with us.

    `evidence` names the sources of the fact sheet that state the status, and `verified` says
    whether they confirm it. What nobody confirmed is treated as needing permission.
    """

    id: str
    holder: str
    statement: str
    status: LicenceStatus
    evidence: str
    verified: bool
    wording_may_be_shipped: bool

    @property
    def permission_required(self) -> bool:
        """Whether a clinic must have recorded a permission before it uses the measure."""
        return not (self.verified and self.status.usable)
