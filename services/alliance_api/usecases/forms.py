"""Which form a verb is about, and whether it may be used here and for this client."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from alliance_api.domain.ages import completed_years
from alliance_api.domain.errors import refuse_if
from alliance_api.domain.instruments import Instrument
from alliance_api.domain.permissions import fits_age, may_be_planned
from alliance_api.instruments.forms import definition
from alliance_api.store import cases, measurements
from alliance_api.store.rows import Found
from alliance_api.store.transaction import Transaction

from .common import refuse


async def form_of(tx: Transaction, code: str) -> tuple[Found, Instrument]:
    """Return a form's row and what it consists of; refuse unknown ones, and those not permitted."""
    row = await measurements.instrument(tx, code)
    found = definition(code)
    if row is None or found is None or row["version"] != found.version:
        refuse(
            "UNKNOWN_INSTRUMENT",
            "There is no such instrument here. `instruments` lists those there are.",
            "instrument",
        )
    problem = may_be_planned(found, row["permission_statement"] is not None)
    refuse_if((problem,) if problem else ())
    return row, found


async def check_age(
    tx: Transaction, case: Mapping[str, Any], form: Instrument, at: datetime
) -> None:
    """Refuse a form that is not made for clients of this age, if the principal may know the age."""
    born = await cases.born(tx, case["client_id"])
    if born is not None:
        day = at.astimezone(ZoneInfo(case["time_zone"])).date()
        problem = fits_age(form, completed_years(born, day))
        refuse_if((problem,) if problem else ())
