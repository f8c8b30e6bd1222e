"""Faults of the law that change nothing, and why: the same said in other words.

Each reason is checked as far as it can be: against the grants, the constraints, the charter.
"""

from __future__ import annotations

import re

from alliance_api.charter import policies as law
from alliance_api.charter.charter import WRITE
from alliance_api.charter.policies import API_GRANTS, Policy
from evidence.charter_text import WORD

# Roles that a column of a table can hold: its constraint knows no other.
PARTIES, ROLES = {"CLIENT", "THERAPIST"}, {"CLIENT", "THERAPIST", "CAREGIVER"}
HELD = {"commitments": PARTIES, "preferences": PARTIES, "goal_ratings": PARTIES}
LESS = re.compile(r" check: (?:without (?!the way)|AND \d+ is OR)")
UPDATABLE = re.compile(r"UPDATE \(([^)]*)\)")

# By what the name of a fault begins with or contains.
SAME: dict[str, str] = {
    "without informant_role IN ('CLIENT', 'THERAPIST', 'CAREGIVER')": "there are no other roles",
    "CLIENT_MEASUREMENT CLIENT: without own": "the client of a case is the only one of that role",
    "CLIENT_SCORES CLIENT: without own": "the client of a case is the only one of that role",
    "CLIENT_ANSWERS CLIENT: without own": "the client of a case is the only one of that role",
    "CLIENT_COMMENT CLIENT: without own": "the client of a case is the only one of that role",
    "concordances_read using: without the way informant_role IS DISTINCT FROM": (
        "agreement is always with a therapist's form, so the condition never held"
    ),
    "person_keys_insert check: without p.organisation_id": (
        "the law of `people` shows one's own organisation, and no other"
    ),
    "consents_update_own check: without (case_id IN": (
        "whoever else is let in is the client, who may change all of it"
    ),
}


def reason(name: str, policies: tuple[Policy, ...]) -> str | None:
    """Say why a fault changes nothing; None if nobody knows that it does not."""
    for part, why in SAME.items():
        if part in name:
            return why
    told = asked_before(name, policies) or _no_such_role(name) or _may_already(name)
    return told or _one_client(policies)


def asked_before(name: str, policies: tuple[Policy, ...]) -> str | None:
    """A demand less on a changed row: USING has made it, of columns that nobody may change.

    Conditions know no NOT, so that AND for OR, or a way less, asks more; those are tried.
    """
    [policy, *others] = policies
    if others or policy.command != "UPDATE" or not LESS.search(name):
        return None
    granted = UPDATABLE.search(API_GRANTS[policy.table])
    assert granted is not None
    assert policy.using is not None
    changed = {column.strip() for column in granted[1].split(",")}
    if _asks_more(name, policy, changed):
        return None
    return "USING asks the same of the same columns, which nobody may change"


def _asks_more(name: str, policy: Policy, changed: set[str]) -> bool:
    """Say whether the fault is about what is asked of a changed row alone.

    Where rows are let in by another rule, who may change them is such a demand as well.
    """
    rules = [rule for rule in WRITE if (rule.table, rule.command) == (policy.table, "UPDATE")]
    words = {word for rule in rules for word in re.findall(r"\w+", f"{rule.after} {rule.signs}")}
    asked = words & changed
    if not asked:
        own = _without_others(policy.using or "")
        return any(re.search(rf"\b{column}\b", own) for column in changed)
    reach = len(rules) > 1 and " IN (" in name
    return reach or _is_outermost(name, policy) or any(word in name for word in asked)


def _is_outermost(name: str, policy: Policy) -> bool:
    """Say whether a fault turns an AND between whole demands into an OR."""
    found = re.search(r" check: AND (\d+) is OR", name)
    [meant] = [each for each in law.policies() if each.name == policy.name]
    if found is None or meant.check is None:
        return False
    place = [word.start() for word in WORD.finditer(meant.check)][int(found[1])]
    before = meant.check[:place]
    return before.count("(") == before.count(")")


# Ways to say of a client's own rows which they are: the client is the only one of that role.
OWN = f"informant_role IN ('CLIENT') AND informant_id = {law.ME}"
AS_WELL = (
    f"informant_role IN ('CLIENT') OR informant_id = {law.ME}",
    "informant_role IN ('CLIENT')",
    f"informant_id = {law.ME}",
)


def _one_client(policies: tuple[Policy, ...]) -> str | None:
    """A client's own rows, told by their role alone or by their author alone."""
    [policy, *others] = policies
    [meant] = [each for each in law.policies() if each.name == policy.name]
    if others or meant.using is None or OWN not in meant.using:
        return None
    # The client's part is the first of a policy.
    if policy.using in {meant.using.replace(OWN, other, 1) for other in AS_WELL}:
        return "the client of a case is the only one of that role, and of no other"
    return None


def _without_others(condition: str) -> str:
    """Return a condition without its sub-selects: what it asks of the row itself."""
    kept, depth, skipped = [], 0, []
    for place, sign in enumerate(condition):
        if sign == "(":
            depth += 1
            if condition.startswith("(SELECT ", place):
                skipped.append(depth)
        if not skipped:
            kept.append(sign)
        if sign == ")":
            if skipped and skipped[-1] == depth:
                skipped.pop()
            depth -= 1
    return "".join(kept)


def _may_already(name: str) -> str | None:
    """Somebody more for a rule who may do all that, and more, by another one."""
    found = re.fullmatch(r"(\w+) (?:INSERT|UPDATE) (\d+): with (\w+)", name)
    if found is None:
        return None
    rule = WRITE[int(found[2])]
    for other in WRITE:
        same = (other.table, other.command, other.gates) == (rule.table, rule.command, rule.gates)
        asks = (other.author, other.own_role, other.where, other.before, other.after, other.signs)
        if same and other is not rule and found[3] in other.relations and not any(asks):
            return "another rule lets them, and asks no more of it"
    return None


def _no_such_role(name: str) -> str | None:
    """Somebody who may change rows of their own role, where no row can have that role."""
    found = re.fullmatch(r"(\w+) UPDATE (\d+): with (\w+)", name)
    if found is None:
        return None
    rule = WRITE[int(found[2])]
    offices = {"MANAGER", "RESEARCHER", "PRIVACY_OFFICER"}
    if rule.own_role and found[3] not in HELD.get(rule.table, ROLES) | offices:
        return "no row can have that role: the column's constraint"
    return None
