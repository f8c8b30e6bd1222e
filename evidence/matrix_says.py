"""What is worked out and not read off a row, each in words of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from alliance_api.domain.disclosure import Disclosure
from evidence.broken_query import Oracle
from evidence.matrix_links import Row, Thing, View
from evidence.matrix_plain import instant
from evidence.world import Said

ADULT = 18
SCORES, ANSWERS = "Observation?category=survey", "QuestionnaireResponse"
# Who may be told how many signals are open, and whether the client has to consent to it.
TOLD_OF_SIGNALS = {
    "client": False,
    "therapist": False,
    "supervisor": True,
    "ehr": False,
    "breaker": False,
}


def part2(view: View, thing: Thing) -> bool:
    """Care by a substance use programme: unless it is known not to be, it is."""
    case = thing.row["id"] if thing.part == "Case" else thing.row["case_id"]
    stands = view.all("standing", case_id=case)
    known = [row["part2"] for row in stands if row["part2"] is not None]
    if known:
        return any(known)
    frame = view.one("cases", id=case)
    return True if frame is None else bool(frame["part2"])


def _young(view: View, thing: Thing) -> bool:
    case = thing.row["id"] if thing.part == "Case" else thing.row["case_id"]
    stands = view.all("standing", case_id=case)
    frame = view.one("cases", id=case)
    client = stands[0]["client_id"] if stands else frame and frame["client_id"]
    found = client and view.one("identities", person_id=client)
    if not found or found["birth_date"] is None:
        return False
    return bool(_years(found["birth_date"], date.fromisoformat(view.now[:10])) < ADULT)


def _years(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _confidentiality(view: View, thing: Thing, _: Mapping[str, Any]) -> str:
    level = thing.about[0]
    return "R" if level == "N" and part2(view, thing) else level


def _sensitivity(view: View, thing: Thing, _: Mapping[str, Any]) -> list[str]:
    found = [thing.about[1]]
    found += ["SUD"] if part2(view, thing) else []
    return [*found, "ADOL"] if _young(view, thing) else found


def _policies(view: View, thing: Thing, _: Mapping[str, Any]) -> list[str]:
    return [*thing.about[2:], *(["42CFRPart2"] if part2(view, thing) else [])]


def _obligations(view: View, thing: Thing, _: Mapping[str, Any]) -> list[str]:
    return ["NORDSCLCD"] if part2(view, thing) else []


def _open_signals(view: View, thing: Thing, _: Mapping[str, Any]) -> int | None:
    relation = view.standing.get(thing.row["id"])
    if relation not in TOLD_OF_SIGNALS or not view.asker.opens("signals"):
        return None
    if TOLD_OF_SIGNALS[relation] and not view.consented(thing.row["id"]):
        return None
    found = view.all("signals", case_id=thing.row["id"], state="OPEN")
    return len([row for row in found if row["raised_at"] <= view.now])


def _ratings(view: View, thing: Thing) -> list[int]:
    found = view.all("goal_ratings", goal_id=thing.row["id"], role="CLIENT")
    return [row["level"] for row in sorted(found, key=lambda r: (r["rated_at"], str(r["id"])))]


def _day(at: str, case: Row) -> str:
    return datetime.fromisoformat(at).astimezone(ZoneInfo(case["time_zone"])).date().isoformat()


def _state(view: View, thing: Thing, _: Mapping[str, Any]) -> str:
    if view.all("measurements", occasion_id=thing.row["id"]):
        return "DONE"
    case = view.one("cases", id=thing.row["case_id"])
    if case and case["closed_on"] and _day(thing.row["due_at"], case) >= str(case["closed_on"]):
        return "DROPPED"
    if view.now < thing.row["opens_on"]:
        return "PLANNED"
    return "OVERDUE" if view.now > thing.row["due_at"] else "DUE"


def _minutes_late(view: View, thing: Thing, arguments: Mapping[str, Any]) -> float | None:
    found = view.one("attendance", session_id=thing.row["id"])
    who = "client_delay" if arguments["of"] == "CLIENT" else "therapist_delay"
    return found[who] if found else None


def _live(_view: View, thing: Thing, _: Mapping[str, Any]) -> bool:
    own = thing.row["given_role"] == "CLIENT"
    return thing.row["withdrawn_at"] is None and (own or thing.row["assented_at"] is not None)


def _plannable(_view: View, thing: Thing, _: Mapping[str, Any]) -> bool:
    return not thing.row["permission_required"] or thing.row["permission_statement"] is not None


# What a client is told was read, and why; written apart from the product, like everything here.
READ = {
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
DONE = {
    "changeDisclosure": "Changed who may read what they said",
    "giveConsent": "Gave a consent",
    "withdrawConsent": "Took a consent back",
    "breakGlass": "Opened this case in an emergency",
}


def _in_words(_view: View, thing: Thing, _: Mapping[str, Any]) -> str:
    row = thing.row
    application = f"with {row['application']}."
    if row["outcome"] == "REFUSED":
        return f"Tried something and was shown nothing, {application}"
    if not row["document_hash"] and row["operation"] in DONE:
        return f"{DONE[row['operation']]}, {application}"
    assert row["purpose"] == "TREAT", "nobody of the world says anything else"
    what = ", ".join(READ[facet] for facet in row["facets"])
    return f"Read {what}, for treatment, {application}"


Saying = Callable[[View, Thing, Mapping[str, Any]], Any]
SAYS: dict[tuple[str, str], Saying] = {
    ("Labels", "confidentiality"): _confidentiality,
    ("Labels", "sensitivity"): _sensitivity,
    ("Labels", "policies"): _policies,
    ("Labels", "obligations"): _obligations,
    # A text of the law, which the product carries; whether it is there is what matters here.
    ("Notice", "id"): lambda v, _t, _a: v.notice["id"],
    ("Notice", "version"): lambda v, _t, _a: v.notice["version"],
    ("Notice", "text"): lambda v, _t, _a: v.notice["text"],
    ("Notice", "verified"): lambda v, _t, _a: v.notice["verified"],
    ("Case", "openSignals"): _open_signals,
    ("GoalChange", "n"): lambda v, t, _: len(_ratings(v, t)),
    ("GoalChange", "first"): lambda v, t, _: _ratings(v, t)[0],
    ("GoalChange", "latest"): lambda v, t, _: _ratings(v, t)[-1],
    ("GoalChange", "difference"): lambda v, t, _: _ratings(v, t)[-1] - _ratings(v, t)[0],
    ("Occasion", "state"): _state,
    ("Session", "minutesLate"): _minutes_late,
    ("Consent", "live"): _live,
    ("Instrument", "plannable"): _plannable,
    # Kept in small letters; GraphQL's words are in capitals.
    ("Instrument", "constructs"): lambda _v, t, _: [each.upper() for each in t.row["constructs"]],
    ("Scale", "constructs"): lambda _v, t, _: [each.upper() for each in t.row["constructs"]],
    ("Item", "construct"): lambda _v, t, _: t.row["construct"] and t.row["construct"].upper(),
    ("Reading", "inWords"): _in_words,
    ("Reading", "at"): lambda _v, t, _: instant(t.row["at"]),
}


def withheld(said: Mapping[UUID, Said], oracle: Oracle) -> Callable[[View, Row], list[Row]]:
    """Return what says which facets of a measurement are kept from somebody, and why."""

    def told(view: View, row: Row) -> list[Row]:
        found = said[row["id"]]
        supervised = view.standing.get(row["case_id"]) == "supervisor"
        facets = [("ANSWERS", "answers", ANSWERS), ("SCORES", "scores", SCORES)]
        if found.has_comment:
            facets.append(("COMMENT", "comments", ANSWERS))
        rows = []
        for facet, table, scope in facets:
            if view.all(table, measurement_id=row["id"]):
                continue
            if scope not in view.asker.resources:
                rows.append({"facet": facet, "reason": "SCOPE"})
            elif found.informant != view.asker.person:
                consented = oracle.consented(row["case_id"])
                reason = _reason(view, found, facet, supervised=supervised, consented=consented)
                rows.append({"facet": facet, "reason": reason})
        return sorted(rows, key=lambda each: each["facet"])

    return told


def _reason(view: View, said: Said, facet: str, *, supervised: bool, consented: bool) -> str:
    if supervised and facet != "SCORES":
        return "PRIVATE"  # a supervisor is never shown these
    if supervised and not consented:
        return "NO_CONSENT"
    if said.disclosure is Disclosure.NEXT_SESSION and not said.next_session_began:
        return "NOT_YET"
    if said.disclosure is Disclosure.PRIVATE:
        return "PRIVATE"
    if said.disclosure is Disclosure.TREND and facet != "SCORES":
        return "TREND_ONLY"
    return "RATE_FIRST" if said.to_rate_first == view.asker.person else "PRIVATE"
