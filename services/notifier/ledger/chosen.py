"""What people chose, from the JSON it is kept as."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from types import MappingProxyType
from typing import Any

from notifier.domain.preferences import Preferences, QuietHours


def preferences_of(chosen: Mapping[str, Any]) -> Preferences:
    """Return preferences. Raises `Malformed` for what no person can want."""
    quiet, until = chosen.get("quiet"), chosen.get("paused_until")
    usual = Preferences()
    return Preferences(
        zone=chosen.get("zone", usual.zone),
        language=chosen.get("language", usual.language),
        quiet=_quiet(quiet) if "quiet" in chosen else usual.quiet,
        working_days=frozenset(chosen.get("working_days", usual.working_days)),
        paused=chosen.get("paused", usual.paused),
        paused_until=datetime.fromisoformat(until) if until else None,
        opted=MappingProxyType(dict(chosen.get("opted", {}))),
        weekly_cap=chosen.get("weekly_cap", usual.weekly_cap),
        explicit=chosen.get("explicit", usual.explicit),
        channels=tuple(chosen.get("channels", usual.channels)),
    )


def _quiet(given: Mapping[str, str] | None) -> QuietHours | None:
    if given is None:
        return None
    return QuietHours(time.fromisoformat(given["starts"]), time.fromisoformat(given["ends"]))


def in_zone(zone: str | None) -> Preferences:
    """Return what holds for who chose nothing, in the zone of a case."""
    try:
        return Preferences(zone=zone or "UTC")
    except ValueError:  # a zone that this machine's database does not know
        return Preferences()
