"""Every table, one facet or less in each, so that row-level security is field-level security.

Primary keys and unique constraints start with `organisation_id`, the distribution key: no
constraint can tell one organisation about another. Instants are whole seconds wherever they are
shown to people. Names of states are the words of GraphQL, so that the bytes can go out as they are.
"""

from .base import AUDIENCES, DIMENSIONS, OFFICES, PARTIES, ROLES, Xid8, metadata
from .cases import care_team, cases, consents, emergencies, notes, standing
from .derived import SERIES_KEY, attainments, changes, concordances, reliability, ruptures, series
from .goals import (
    commitments,
    goal_levels,
    goal_ratings,
    goal_stances,
    goal_versions,
    goals,
    preferences,
)
from .instruments import (
    instrument_anchors,
    instrument_bands,
    instrument_items,
    instrument_norms,
    instrument_records,
    instrument_reports,
    instrument_scales,
    instruments,
)
from .ledger import facts, idempotency_keys, ledger_seals, read_ledger
from .measurements import answers, comments, findings, measurements, score_inputs, scores
from .people import (
    erasures,
    identities,
    legal_holds,
    organisations,
    people,
    person_keys,
    staff,
    team_members,
    teams,
)
from .published import aggregate_sets, aggregates, research_records, research_subjects
from .sessions import attendance, occasions, sessions
from .signals import signal_evidence, signals

__all__ = [
    "AUDIENCES",
    "DIMENSIONS",
    "OFFICES",
    "PARTIES",
    "ROLES",
    "SERIES_KEY",
    "Xid8",
    "aggregate_sets",
    "aggregates",
    "answers",
    "attainments",
    "attendance",
    "care_team",
    "cases",
    "changes",
    "comments",
    "commitments",
    "concordances",
    "consents",
    "emergencies",
    "erasures",
    "facts",
    "findings",
    "goal_levels",
    "goal_ratings",
    "goal_stances",
    "goal_versions",
    "goals",
    "idempotency_keys",
    "identities",
    "instrument_anchors",
    "instrument_bands",
    "instrument_items",
    "instrument_norms",
    "instrument_records",
    "instrument_reports",
    "instrument_scales",
    "instruments",
    "ledger_seals",
    "legal_holds",
    "measurements",
    "metadata",
    "notes",
    "occasions",
    "organisations",
    "people",
    "person_keys",
    "preferences",
    "read_ledger",
    "reliability",
    "research_records",
    "research_subjects",
    "ruptures",
    "score_inputs",
    "scores",
    "series",
    "sessions",
    "signal_evidence",
    "signals",
    "staff",
    "standing",
    "team_members",
    "teams",
]
