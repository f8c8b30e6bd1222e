"""Facts in one line each, for tests of planning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from notifier.domain.facts import Fact
from notifier.domain.kind import Expiry, Kind, Moment, Recipient, Shift, Thing

CLIENT, THERAPIST = "person-client", "person-therapist"
CASE, ORGANISATION = "case-1", "organisation-1"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def fact(kind: str, subject: str, at: datetime = START, **extra: str) -> Fact:
    """Return a fact whose id says all that it says, so that the same one has the same id."""
    told = "".join(f"-{value}" for value in extra.values())
    name = f"{kind}-{subject}-{at:%m%dT%H%M}{told}"
    case = None if kind == "person.erased" else CASE
    return Fact(name, kind, ORGANISATION, case, subject, at, extra)


def opened(at: datetime = START, zone: str = "Europe/Berlin") -> list[Fact]:
    return [
        fact("case.opened", CASE, at, client=CLIENT, timeZone=zone),
        fact("care_team.joined", THERAPIST, at, relation="THERAPIST"),
    ]


def session(
    name: str, starts: datetime, at: datetime = START, minutes: int = 50, **more: str
) -> Fact:
    ends = starts + timedelta(minutes=minutes)
    kind = "session.moved" if "movedTo" in more else "session.planned"
    return fact(
        kind,
        f"session-{name}",
        at,
        plannedStart=starts.isoformat(),
        plannedEnd=ends.isoformat(),
        therapist=THERAPIST,
        **more,
    )


def kind(**changes: Any) -> Kind:
    """Return a kind like that of upcoming sessions, for anything not named."""
    usual: dict[str, Any] = {
        "name": "session-upcoming",
        "thing": Thing.SESSION,
        "starts": ("session.planned",),
        "replans": (),
        "drops": ("session.moved", "session.cancelled", "session.recorded"),
        "where": {},
        "open_until": None,
        "anchor": "plannedStart",
        "opens": None,
        "tells": "plannedStart",
        "moments": (
            Moment("-48h", offset=timedelta(hours=-48)),
            Moment("-2h", offset=timedelta(hours=-2), step=1),
        ),
        "expiry": Expiry(None, "plannedStart", timedelta(minutes=-15)),
        "stale_after": timedelta(hours=6),
        "recipients": (Recipient.CLIENT,),
        "for_staff": False,
        "shift": Shift.EARLIER,
        "cap": 10,
        "uncapped": False,
        "default": True,
        "known_late": False,
        "when_closed": False,
    }
    return Kind(**{**usual, **changes})
