"""Codes in the words of a reader."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from ..charts.words import day, figure
from .markup import Html, el

DISCLOSURE: Final = {
    "PRIVATE": "nobody",
    "TREND": "scores only",
    "NEXT_SESSION": "from the next session on",
    "SHARED": "at once",
}
WITHHELD: Final = {
    "PRIVATE": "not open to you",
    "TREND_ONLY": "only scores were opened",
    "NOT_YET": "opens with the next session",
    "RATE_FIRST": "opens when you have answered, too",
    "NO_CONSENT": "needs a consent",
    "SCOPE": "the application had no access",
    "ERASED": "was erased",
}
OUTCOME: Final = {
    "KEPT": "took place",
    "CANCELLED": "cancelled",
    "LATE_CANCELLED": "cancelled late",
    "MISSED": "missed",
    "MOVED": "moved",
}
PURPOSE: Final = {
    "TREAT": "treatment",
    "PATRQT": "asked for by the client",
    "FAMRQT": "asked for by the family",
    "HOPERAT": "running the clinic",
    "HQUALIMP": "improving quality",
    "CAREMGT": "managing care",
    "PATADMIN": "administration",
    "ETREAT": "emergency",
    "BTG": "emergency, glass broken",
}
ROLE: Final = {"CLIENT": "client", "THERAPIST": "therapist", "CAREGIVER": "caregiver"}
DIMENSION: Final = {
    "DIRECTIVENESS": ("the client leads", "the therapist leads"),
    "EMOTIONAL_INTENSITY": ("feelings held back", "feelings stirred up"),
    "PAST_ORIENTATION": ("about now and to come", "about the past"),
    "WARM_SUPPORT": ("a challenge", "warm support"),
}
SIGNAL: Final = {
    "LOW_ALLIANCE": "A low rating of the work together",
    "RELIABLE_FALL": "A fall below the first ratings",
    "RUPTURE": "A rupture",
    "REPAIR": "A repair",
    "DIVERGENCE": "Seen far apart",
    "STUCK_AT_CEILING": "Always the highest answer",
    "FEEDBACK_MISSING": "Feedback is missing",
    "RELIABILITY_FALLING": "Less reliable than before",
    "GOAL_DISAGREEMENT": "Disagreement about a goal",
    "PREFERENCE_MISMATCH": "Not as the client would like it",
}


def plain(code: str | None) -> str:
    """Return a code of ours as words."""
    return "–" if code is None else code.replace("_", " ").replace("-", " ").lower()


def worded(words: Mapping[str, str], code: str | None) -> str:
    """Return what a code means, or the code itself as words."""
    return words.get(code or "", plain(code))


def person(found: Mapping[str, Any] | None, me: str | None = None) -> str:
    """Return how somebody is called; `me` is the id of whoever reads this."""
    if found is None:
        return "somebody whom you may not know of"
    if found["id"] == me:
        return "you"
    return str(found["name"] or f"person {str(found['id'])[-12:]}")


def number(value: float | None, digits: int = 1) -> str:
    """Return a figure, without a decimal that says nothing."""
    if value is None:
        return "–"
    return figure(value) if digits == 1 else f"{value:.{digits}f}"


def share(rate: Mapping[str, Any]) -> str:
    """Return a share with its counts."""
    counts = f"{rate['numerator']} of {rate['denominator']}"
    return counts if rate["value"] is None else f"{rate['value']:.0%} ({counts})"


def when(session: Mapping[str, Any] | None, otherwise: str) -> str:
    """Return the number of a session."""
    return f"Session {session['number']}" if session else otherwise


def signed(value: float) -> str:
    """Return a figure on a scale that has two sides."""
    return f"{value:+g}".replace("-", "\u2212") if value else "0"


class Clock:
    """Instants as they are where a case is."""

    def __init__(self, zone: str) -> None:
        """Keep the zone, by its IANA name."""
        self.zone = ZoneInfo(zone)

    def at(self, instant: str | None) -> Html | str:
        """Return a day and the time of it."""
        if instant is None:
            return "–"
        found = datetime.fromisoformat(instant).astimezone(self.zone)
        return el("time", f"{day(found)}, {found:%H:%M}", datetime=instant)

    def day(self, instant: str | None) -> Html | str:
        """Return the day of an instant."""
        if instant is None:
            return "–"
        return el("time", self.spelt(instant), datetime=instant)

    def spelt(self, instant: str) -> str:
        """Return the day of an instant, as text."""
        return day(datetime.fromisoformat(instant).astimezone(self.zone))


def calendar_day(text: str | None) -> str:
    """Return a day that has no zone."""
    return "–" if text is None else day(date.fromisoformat(text))
