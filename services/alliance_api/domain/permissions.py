"""Whether a clinic may use an instrument yet."""

from alliance_api.domain.errors import Problem
from alliance_api.domain.instruments import Instrument
from alliance_api.domain.licences import LicenceStatus


def may_be_planned(instrument: Instrument, recorded_permission: bool) -> Problem | None:  # noqa: FBT001 - the one thing that decides
    """Return why the instrument may not be planned, or None when it may.

    `recorded_permission`: this organisation has put on record that it holds what is needed.
    """
    if recorded_permission or not instrument.licence.permission_required:
        return None
    why = _WHY.get(instrument.licence.status, "This form's licence is not confirmed")
    return Problem(
        "PERMISSION_REQUIRED",
        f"{why}: record the permission first with `alliance instruments permit {instrument.code}`.",
        "instrument",
    )


_WHY = {
    LicenceStatus.PERMISSION_REQUIRED: "This form needs its holder's permission",
    LicenceStatus.ELECTRONIC_USE_PROHIBITED: "This form needs a licence for electronic use",
    LicenceStatus.ALL_RIGHTS_RESERVED: "All rights in this form are reserved",
}
