"""The charter as PostgreSQL row-level security: generated text, nothing else decides.

Settings and memberships are read through sub-selects, so that they are evaluated once a statement
and not once a row. Without a bound principal every setting is empty, and every table too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from . import feed
from .charter import NEVER, READ, WRITE, Writing
from .facets import HOLDINGS, Place
from .relations import OF_A_CASE, OF_AN_ORGANISATION, Relation

API = "alliance_api"
ENGINE = "alliance_engine"
# Entered by operators only; the service cannot become them.
KEEPER, RECOMPUTE = "alliance_keeper", "alliance_recompute"


def setting(name: str, kind: str = "uuid") -> str:
    """Return the SQL of a bound setting: null while nobody is bound."""
    value = f"nullif(current_setting('alliance.{name}', true), '')"
    return f"(SELECT {value}::{kind})" if kind != "text" else f"(SELECT {value})"


ORGANISATION = setting("organisation")
ME = setting("person")
PATIENT = setting("patient")


@dataclass(frozen=True, slots=True)
class Policy:
    """One CREATE POLICY."""

    name: str
    table: str
    command: str
    using: str | None
    check: str | None
    role: str = API

    def sql(self) -> str:
        """Return the statement."""
        parts = [f"CREATE POLICY {self.name} ON {self.table} FOR {self.command} TO {self.role}"]
        if self.using:
            parts.append(f"USING ({self.using})")
        if self.check:
            parts.append(f"WITH CHECK ({self.check})")
        return "\n  ".join(parts) + ";"


def gate(gates: Iterable[str], kind: str = "reads") -> str:
    """Return the condition that a scope opens one of the gates."""
    listed = ", ".join(f"'{name}'" for name in gates)
    return (
        f"(SELECT string_to_array(current_setting('alliance.{kind}', true), ' ') "
        f"&& ARRAY[{listed}])"
    )


_NOW = "starts_at <= now() AND (ends_at IS NULL OR ends_at > now())"


def standing(
    relations: Iterable[Relation], columns: str = "s.case_id", *, consented: bool = False
) -> str:
    """Return the sub-select of the cases to which the principal stands so, now.

    `standing` shows a principal only where they themselves stand now, and under a token bound to
    one client only that client's cases; so nothing of it need be asked, and planned, here again.
    """
    listed = ", ".join(f"'{relation}'" for relation in relations)
    consent = " AND s.consented" if consented else ""
    return f"(SELECT {columns} FROM standing s WHERE s.relation IN ({listed}){consent})"


# `staff` shows a principal their own rows only. A token bound to one client manages nothing.
def holds(office: str) -> str:
    """Return the condition that the principal holds an office of the organisation, now."""
    return (
        f"({PATIENT} IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = '{office}' "
        f"AND {_NOW})))"
    )


MANAGES = holds(Relation.MANAGER)


def _terms(place: Place, terms: tuple[str, ...]) -> list[str]:
    conditions = {
        "open": None,
        "consent": None,
        "own": f"{place.author} = {ME}",
        "known": f"{place.opens} IS NOT NULL",
        "disclosed": f"{place.opens} <= now()",
        "blind": f"{ME} <> ALL (sealed_for)",
        "invited": "to_caregivers",
        "for_client": "audience = 'CLIENT'",
        "for_care_team": "audience = 'CARE_TEAM'",
        "no_therapist": "informant_role IS DISTINCT FROM 'THERAPIST'",
        "no_colleague": f"(informant_role IS DISTINCT FROM 'THERAPIST' OR informant_id = {ME})",
    }
    return [found for term in terms if (found := conditions[term])]


# How one stands to a case, whether the client's consent is needed, and then for which rows under
# which terms (None: rows of every informant).
Way = tuple[Relation, bool]
Rows = list[tuple[Place, tuple[str, ...]]]


def _ways(table: str) -> tuple[tuple[str, ...], dict[Way, Rows]]:
    """Return the gates of a table, and what each relation may read of it."""
    gates: tuple[str, ...] = ()
    found: dict[Way, Rows] = {}
    for facet, holding in HOLDINGS.items():
        for place in holding.places:
            if place.table != table:
                continue
            gates = holding.gates
            for relation, terms in READ[facet].items():
                if terms != (NEVER,):
                    found.setdefault((relation, "consent" in terms), []).append((place, terms))
    return gates, found


def _rows(rows: Rows) -> str:
    """Return the condition on a row itself: any of the informants' rows, under its terms."""
    by_terms: dict[str, list[str]] = {}
    for place, terms in rows:
        condition = " AND ".join(_terms(place, terms))
        by_terms.setdefault(condition, []).append(place.informant or "")
    parts = []
    for condition, informants in by_terms.items():
        listed = ", ".join(f"'{informant}'" for informant in informants if informant)
        role = f"informant_role IN ({listed})" if listed else ""
        parts.append(" AND ".join(part for part in (role, condition) if part))
    return f"({' OR '.join(parts)})" if len(parts) > 1 else parts[0]


def _read(table: str) -> Policy:
    """Return the reading policy of a table: relations under the same terms share a look-up."""
    gates, ways = _ways(table)
    case = next(place.case for rows in ways.values() for place, _ in rows)
    alike: dict[tuple[str, bool], list[Relation]] = {}
    for (relation, consented), rows in ways.items():
        alike.setdefault((_rows(rows), consented), []).append(relation)
    parts = []
    for (condition, consented), relations in alike.items():
        of_a_case = [relation for relation in relations if relation in OF_A_CASE]
        reach = [f"{case} IN {standing(of_a_case, consented=consented)}"] if of_a_case else []
        reach += [holds(office) for office in OF_AN_ORGANISATION if office in relations]
        reached = f"({' OR '.join(reach)})" if len(reach) > 1 else reach[0]
        # The row first: where it decides, memberships are not even looked up.
        parts.append(f"{condition} AND {reached}" if condition else reached)
    reached = " OR ".join(f"({part})" for part in parts)
    using = f"organisation_id = {ORGANISATION} AND {gate(gates)} AND ({reached})"
    return Policy(f"{table}_read", table, "SELECT", using, None)


def reading() -> list[Policy]:
    """Return the policies of the charter's reading table, one a table."""
    tables = dict.fromkeys(place.table for holding in HOLDINGS.values() for place in holding.places)
    return [_read(table) for table in tables]


def _reach_to_write(rule: Writing) -> str:
    of_a_case = tuple(relation for relation in rule.relations if relation in OF_A_CASE)
    ways = [holds(office) for office in OF_AN_ORGANISATION if office in rule.relations]
    if of_a_case and rule.own_role:
        own = standing(of_a_case, "s.case_id, s.relation")
        ways.append(f"({rule.case}, {rule.own_role}) IN {own}")
    elif of_a_case:
        ways.append(f"{rule.case} IN {standing(of_a_case)}")
    return f"({' OR '.join(ways)})"


def _write(rule: Writing) -> Policy:
    parts = [f"organisation_id = {ORGANISATION}", gate(rule.gates, "writes")]
    if rule.author:
        parts.append(f"{rule.author} = {ME}")
    if rule.where:
        parts.append(rule.where)
    parts.append(_reach_to_write(rule))
    before = [rule.before] if rule.before else []
    after = [rule.after] if rule.after else []
    signed = [f"{rule.signs} = {ME}"] if rule.signs else []
    name = f"{rule.table}_{rule.command.lower()}" + ("_own" if rule.where else "")
    using = " AND ".join([*parts, *before]) if rule.command == "UPDATE" else None
    return Policy(name, rule.table, rule.command, using, " AND ".join([*parts, *after, *signed]))


def writing() -> list[Policy]:
    """Return the policies of the charter's writing table."""
    return [_write(rule) for rule in WRITE]


# What measures consist of: everybody of an organisation may look it up.
CATALOGUE = (
    "instruments",
    "instrument_items",
    "instrument_anchors",
    "instrument_scales",
    "instrument_norms",
    "instrument_reports",
    "instrument_bands",
    "instrument_records",
)


# How an organisation is divided, which its people may know.
STRUCTURE = ("teams", "team_members")


# Who once stood to a case, or will, is a stranger to it; and so is, to any other client's, whoever
# comes with a token bound to one.
# Tables without a facet of their own, each with the condition under which it may be read.
def _others() -> list[Policy]:
    organisation = f"organisation_id = {ORGANISATION}"
    mine = f"{organisation} AND person_id = {ME}"
    acquainted = "IN (SELECT s.client_id FROM standing s)"
    # Only what the asking person may see of care teams and of the ledger counts here.
    teammates = "IN (SELECT c.person_id FROM care_team c)"
    ledger_client = f"cases && ARRAY{standing((Relation.CLIENT,))}"
    # A token bound to one client does not tell what else its bearer has read.
    own_reading = f"person_id = {ME} AND ({PATIENT} IS NULL OR cases <@ ARRAY{standing(OF_A_CASE)})"
    # A client may know who read about them, whoever that was.
    readers = f"IN (SELECT r.person_id FROM read_ledger r WHERE r.{ledger_client})"

    def known(column: str) -> str:
        return (
            f"{organisation} AND ({column} = {ME} OR {column} {acquainted} OR {MANAGES} "
            f"OR {column} {teammates} OR {column} {readers})"
        )

    officer = holds(Relation.PRIVACY_OFFICER)
    return [
        Policy("organisations_read", "organisations", "SELECT", organisation, None),
        # A privacy officer knows of people by their ids alone.
        Policy(
            "people_read",
            "people",
            "SELECT",
            f"{known('id')} OR ({organisation} AND {officer})",
            None,
        ),
        Policy(
            "identities_read",
            "identities",
            "SELECT",
            f"{gate(('Patient',))} AND {known('person_id')}",
            None,
        ),
        Policy("staff_read", "staff", "SELECT", mine, None),
        Policy(
            "standing_read",
            "standing",
            "SELECT",
            f"{mine} AND client_id = coalesce({PATIENT}, client_id) AND {_NOW}",
            None,
        ),
        *[Policy(f"{table}_read", table, "SELECT", organisation, None) for table in CATALOGUE],
        *[Policy(f"{table}_read", table, "SELECT", organisation, None) for table in STRUCTURE],
        # A manager sees every published cell; a therapist their own beside the organisation's.
        Policy(
            "aggregates_read",
            "aggregates",
            "SELECT",
            f"{organisation} AND {gate(('MeasureReport',))} AND ({MANAGES} OR ({PATIENT} IS NULL "
            f"AND ((level = 'THERAPIST' AND unit_id = {ME}) OR (level = 'ORGANISATION' AND "
            f"(SELECT EXISTS (SELECT FROM standing s WHERE s.relation = 'THERAPIST'))))))",
            None,
        ),
        Policy(
            "read_ledger_read",
            "read_ledger",
            "SELECT",
            f"{organisation} AND {gate(('AuditEvent',))} AND (({own_reading}) OR {ledger_client} "
            f"OR {officer})",
            None,
        ),
        Policy("read_ledger_insert", "read_ledger", "INSERT", None, mine),
        # A seal names its entries, and their ids tell when somebody read: the officer's.
        Policy(
            "ledger_seals_read",
            "ledger_seals",
            "SELECT",
            f"{organisation} AND {gate(('AuditEvent',))} AND {officer}",
            None,
        ),
        # Wrapped, a key is of no use to anybody; people make their own only, until they are erased.
        Policy("person_keys_read", "person_keys", "SELECT", organisation, None),
        Policy(
            "person_keys_insert",
            "person_keys",
            "INSERT",
            None,
            f"{mine} AND (SELECT p.erased_at IS NULL FROM people p WHERE "
            f"p.organisation_id = {ORGANISATION} AND p.id = {ME})",
        ),
        Policy(
            "legal_holds_read",
            "legal_holds",
            "SELECT",
            f"{organisation} AND {gate(('Consent',))} AND {officer}",
            None,
        ),
        Policy(
            "erasures_read",
            "erasures",
            "SELECT",
            f"{organisation} AND {gate(('AuditEvent',))} AND {officer}",
            None,
        ),
        Policy(
            "emergencies_insert",
            "emergencies",
            "INSERT",
            None,
            f"{mine} AND {gate(('break_glass',), 'writes')} AND {holds('CLINICIAN')}",
        ),
        _facts(),
        Policy("idempotency_keys_read", "idempotency_keys", "SELECT", mine, None),
        Policy("idempotency_keys_insert", "idempotency_keys", "INSERT", None, mine),
    ]


def _facts() -> Policy:
    """Return who is told which facts: the notifier of every case, an EHR of those it stands to."""

    def told(office: str) -> str:
        return ", ".join(f"'{kind}'" for kind in sorted(feed.TOLD[office]))

    notifier = f"{holds(feed.NOTIFIER)} AND type IN ({told(feed.NOTIFIER)})"
    its_cases = f"(case_id IS NULL OR case_id IN {standing((Relation.EHR,))})"
    ehr = f"{holds(feed.EHR)} AND type IN ({told(feed.EHR)}) AND {its_cases}"
    using = (
        f"organisation_id = {ORGANISATION} AND {gate((feed.GATE,), 'writes')} "
        f"AND (({notifier}) OR ({ehr}))"
    )
    return Policy("facts_read", "facts", "SELECT", using, None)


# What the engine may do, by table: it derives, and states facts. It never reads what was said:
# of answers, comments and wordings it may see the keys and the openings only.
OPENING = "organisation_id, measurement_id, case_id, informant_id, informant_role, opens_at, sealed_for, to_caregivers"
ENGINE_GRANTS: dict[str, str] = {
    "people": "SELECT, UPDATE (erased_at)",
    "staff": "SELECT, UPDATE (ends_at)",
    "identities": "SELECT (organisation_id, person_id, birth_date), DELETE",
    "person_keys": "SELECT (organisation_id, person_id), DELETE",
    "legal_holds": "SELECT",
    "erasures": "SELECT",
    "emergencies": "SELECT (organisation_id, id, case_id, person_id, opened_at, ends_at), UPDATE (reason)",
    "idempotency_keys": "SELECT (organisation_id, person_id), DELETE",
    "read_ledger": "SELECT",
    "ledger_seals": "SELECT, INSERT",
    "research_subjects": "SELECT, INSERT, DELETE",
    "research_records": "SELECT, INSERT, DELETE",
    "cases": "SELECT",
    "standing": "SELECT, INSERT, UPDATE (ends_at, consented)",
    "care_team": "SELECT, UPDATE (ends_at)",
    "instruments": "SELECT",
    "sessions": "SELECT, UPDATE (state)",
    "attendance": "SELECT, INSERT",
    "occasions": "SELECT",
    "commitments": "SELECT (organisation_id, id, case_id, owner_id, owner_role, due_at, outcome, settled_at), UPDATE (wording)",
    "measurements": "SELECT, UPDATE (scores_open_at, answers_open_at, sealed_for, superseded_by)",
    # Erasing a person deletes what they said.
    "scores": "SELECT, INSERT, UPDATE (opens_at, sealed_for, to_caregivers, current), DELETE",
    "score_inputs": "SELECT, INSERT, UPDATE, DELETE",
    "answers": f"SELECT ({OPENING}), UPDATE (opens_at, sealed_for, to_caregivers), DELETE",
    "comments": f"SELECT ({OPENING}), UPDATE (opens_at, sealed_for, to_caregivers), DELETE",
    "findings": f"INSERT, SELECT ({OPENING}), UPDATE (opens_at, sealed_for, to_caregivers), DELETE",
    "notes": "SELECT (organisation_id, id, author_id, case_id), DELETE",
    "goals": "SELECT, UPDATE (state, version, agreed_on, ended_on)",
    "goal_stances": "SELECT, INSERT",
    "goal_versions": "SELECT (organisation_id, goal_id, case_id, version, worded_by, worded_at), UPDATE (wording)",
    "goal_levels": "SELECT (organisation_id, goal_id, case_id, version, level, worded_by), UPDATE (wording)",
    "goal_ratings": "SELECT, DELETE",
    "preferences": "SELECT, DELETE",
    "reliability": "SELECT, INSERT, UPDATE",
    **dict.fromkeys(
        (
            "series",
            "changes",
            "ruptures",
            "concordances",
            "attainments",
            "signals",
            "signal_evidence",
        ),
        "SELECT, INSERT, UPDATE, DELETE",
    ),
    "teams": "SELECT",
    "team_members": "SELECT, UPDATE (ends_at)",
    "consents": "SELECT, UPDATE (withdrawn_at, withdrawn_by)",
    "aggregates": "SELECT, INSERT",
    "aggregate_sets": "SELECT, INSERT",
    "facts": "INSERT",
}

ENGINE_ONLY = frozenset({"score_inputs", "research_subjects", "aggregate_sets"})

API_GRANTS: dict[str, str] = {
    "cases": "SELECT, INSERT, UPDATE (status, closed_on)",
    "care_team": "SELECT, INSERT, UPDATE (ends_at)",
    "consents": "SELECT, INSERT, UPDATE (withdrawn_at, withdrawn_by, assented_at, assented_by)",
    "notes": "SELECT, INSERT",
    "emergencies": "SELECT, INSERT, UPDATE (reviewed_by, reviewed_at, verdict)",
    "legal_holds": "SELECT, INSERT, UPDATE (lifted_at)",
    "erasures": "SELECT, INSERT",
    "person_keys": "SELECT, INSERT",
    "read_ledger": "SELECT, INSERT",
    "idempotency_keys": "SELECT, INSERT",
    "measurements": "SELECT, INSERT, UPDATE (disclosure, to_caregivers)",
    "answers": "SELECT, INSERT",
    "comments": "SELECT, INSERT",
    "goals": "SELECT, INSERT",
    "goal_versions": "SELECT, INSERT",
    "goal_levels": "SELECT, INSERT",
    "preferences": "SELECT, INSERT, UPDATE (value, person_id, set_at)",
    "goal_stances": "SELECT, UPDATE (stance, answered_at)",
    "goal_ratings": "SELECT, INSERT",
    "commitments": "SELECT, INSERT, UPDATE (outcome, settled_at)",
    "sessions": "SELECT, INSERT, UPDATE (state)",
    "occasions": "SELECT, INSERT",
    "attendance": "SELECT, INSERT",
}


# What other roles may do beside the service and its engine. The keeper wraps keys anew when a master
# key is replaced; what the keys open it cannot read. Whoever recomputes reads answers, to make of them
# what the engine was told when they were given, and nothing that anybody wrote.
MADE = "organisation_id, id, case_id, informant_id, informant_role, sealed_for, to_caregivers"
OTHER_GRANTS: dict[str, dict[str, str]] = {
    KEEPER: {"person_keys": "SELECT, UPDATE (wrapped, master)"},
    RECOMPUTE: {
        "instruments": "SELECT (organisation_id, id, version)",
        "measurements": f"SELECT ({MADE}, session_id, instrument_id, instrument_code, taken_at, "
        "scores_open_at, answers_open_at, superseded_by)",
        "answers": "SELECT (organisation_id, measurement_id, case_id, item, value, not_applicable)",
        "scores": "SELECT, INSERT, DELETE, UPDATE (raw, mean, pomp, minimum, maximum, answered, "
        "missing, reason, method_id, method_version)",
        "score_inputs": "SELECT, INSERT, UPDATE (inputs_hash)",
        "findings": "SELECT, INSERT, DELETE, UPDATE (answered, method_id, method_version)",
    },
}
ROLES = (API, ENGINE, *OTHER_GRANTS)


def _of_a_role(role: str, tables: Iterable[str]) -> list[Policy]:
    """Return the policies of a role that is nobody: the bound organisation, and no other."""
    condition = f"organisation_id = {ORGANISATION}"
    name = role.removeprefix("alliance_")
    return [Policy(f"{table}_{name}", table, "ALL", condition, condition, role) for table in tables]


def engine() -> list[Policy]:
    """Return the policies of the engine, and of the roles beside it."""
    others = (_of_a_role(role, grants) for role, grants in OTHER_GRANTS.items())
    return [*_of_a_role(ENGINE, ENGINE_GRANTS), *chain.from_iterable(others)]


def policies() -> list[Policy]:
    """Return every policy there is."""
    return [*reading(), *writing(), *_others(), *engine()]


def law(tables: Iterable[str]) -> list[str]:
    """Return the statements that put `tables` under the law, in order."""
    names = sorted(tables)
    return [
        *[f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;" for name in names],
        *[f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY;" for name in names],
        *[f"REVOKE ALL ON {name} FROM PUBLIC;" for name in names],
        *[
            f"GRANT {API_GRANTS.get(name, 'SELECT')} ON {name} TO {API};"
            for name in names
            if name not in ENGINE_ONLY
        ],
        *[
            f"GRANT {rights} ON {name} TO {role};"
            for role, grants in ({ENGINE: ENGINE_GRANTS} | OTHER_GRANTS).items()
            for name, rights in grants.items()
        ],
        *[policy.sql() for policy in policies()],
    ]
