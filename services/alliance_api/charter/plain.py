"""The read ledger in plain words: what was read, and why, as a client would say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# Facets as the ledger names them: those of every informant under one word.
WHAT: Final[Mapping[str, str]] = {
    "CASE_FRAME": "the outline of the case",
    "CARE_TEAM": "who is in the care team",
    "IDENTITY": "name, birth date and language",
    "SESSION_PLAN": "planned sessions",
    "ATTENDANCE": "who came to sessions, and when",
    "RELIABILITY": "how reliable both sides are",
    "COMMITMENT": "promises",
    "GOAL": "goals",
    "PREFERENCE": "preferences",
    "OCCASION": "which forms were asked for",
    "MEASUREMENT": "which forms were filled in",
    "SCORES": "scores",
    "ANSWERS": "answers",
    "COMMENT": "comments",
    "TREND": "the course of scores",
    "SIGNAL": "signals",
    "PROCESS_NOTE": "process notes",
    "CONSENT": "consents",
    "EMERGENCY": "emergencies",
    "RESEARCH": "research records",
    "READ_LEDGER": "who read what",
    "DISCLOSURE": "who may read what was said",
    "FACT": "that something happened, and when",
}
WHY: Final[Mapping[str, str]] = {
    "TREAT": "for treatment",
    "PATRQT": "because the client asked",
    "FAMRQT": "because the family asked",
    "HOPERAT": "to run the organisation",
    "HQUALIMP": "to improve quality",
    "CAREMGT": "to coordinate care",
    "PATADMIN": "for administration",
    "ETREAT": "for emergency treatment",
    "BTG": "in an emergency",
}
# Rows that no reading left: a verb changed who may read. They name no document.
CHANGED: Final[Mapping[str, str]] = {
    "changeDisclosure": "Changed who may read what they said",
    "giveConsent": "Gave a consent",
    "withdrawConsent": "Took a consent back",
    "breakGlass": "Opened this case in an emergency",
}


def _choice(value: str, words: Mapping[str, str], otherwise: str) -> str:
    whens = " ".join(f"WHEN '{code}' THEN '{word}'" for code, word in words.items())
    return f"CASE {value} {whens} ELSE {otherwise} END"


def in_words(row: str) -> str:
    """Return the SQL of a sentence about a row of the ledger, without who and when."""
    named = _choice("f.name", WHAT, "lower(replace(f.name, '_', ' '))")
    what = (
        f"(SELECT string_agg({named}, ', ' ORDER BY f.place) "
        f"FROM unnest({row}.facets) WITH ORDINALITY AS f(name, place))"
    )
    why = _choice(f"{row}.purpose", WHY, f"'for ' || lower({row}.purpose)")
    read = f"'Read ' || {what} || ', ' || {why}"
    changed = _choice(f"{row}.operation", CHANGED, read)
    return (
        f"CASE WHEN {row}.outcome = 'REFUSED' THEN 'Tried something and was shown nothing' "
        f"WHEN {row}.document_hash = '' THEN {changed} ELSE {read} END "
        f"|| ', with ' || {row}.application || '.'"
    )
