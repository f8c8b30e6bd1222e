"""Whether a clinic may use an instrument yet, and for this client."""

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


def fits_age(instrument: Instrument, years: int) -> Problem | None:
    """Return why the instrument is not for a client of this age, or None where it is."""
    ages = instrument.ages
    if ages.fit(years):
        return None
    ends = [
        *([f"from {ages.minimum}"] if ages.minimum is not None else []),
        *([f"to {ages.maximum}"] if ages.maximum is not None else []),
    ]
    return Problem(
        "AGE_OUT_OF_RANGE",
        f"This form is made for clients {' '.join(ends)} years of age. Choose one for the client's.",
        "instrument",
    )
