"""Every table, one facet or less in each, so that row-level security is field-level security.

Primary keys and unique constraints start with `organisation_id`, the distribution key: no
constraint can tell one organisation about another. Instants are whole seconds wherever they are
shown to people. Names of states are the words of GraphQL, so that the bytes can go out as they are.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Interval,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.types import UserDefinedType

metadata = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s_ix",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "fk": "%(table_name)s_%(column_1_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    }
)

SECONDS = TIMESTAMP(timezone=True, precision=0)
EXACT = TIMESTAMP(timezone=True)
NEW_ID = text("uuidv7()")
NOW = text("now()")


class Xid8(UserDefinedType[int]):
    """A full transaction id: what a feed pages by without losing slow transactions."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Return the name of the type."""
        return "xid8"


def col(name: str, kind: Any, *, null: bool = False, default: Any = None) -> Column[Any]:
    """Return a column that is NOT NULL unless said otherwise."""
    return Column(name, kind, nullable=null, server_default=default)


def tenant() -> Column[Any]:
    """Return the distribution key."""
    return col("organisation_id", Uuid)


def one_of(name: str, *words: str) -> CheckConstraint:
    """Return the constraint that a state is one of its words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{name} IN ({listed})", name=name)


def key(*columns: str) -> PrimaryKeyConstraint:
    """Return a primary key that starts with the organisation."""
    return PrimaryKeyConstraint("organisation_id", *columns)


def refers(column: str, table: str, target: str = "id") -> ForeignKeyConstraint:
    """Return a foreign key within the organisation."""
    return ForeignKeyConstraint(
        ["organisation_id", column], [f"{table}.organisation_id", f"{table}.{target}"]
    )


def short(name: str, longest: int) -> CheckConstraint:
    """Return the constraint that a text is not empty and not too long."""
    return CheckConstraint(f"char_length({name}) BETWEEN 1 AND {longest}", name=f"{name}_length")


ROLES = ("CLIENT", "THERAPIST", "CAREGIVER")
OFFICES = ("MANAGER", "CLINICIAN", "RESEARCHER", "PRIVACY_OFFICER", "EHR")
DIMENSIONS = ("DIRECTIVENESS", "EMOTIONAL_INTENSITY", "PAST_ORIENTATION", "WARM_SUPPORT")
PARTIES = ("CLIENT", "THERAPIST")

organisations = Table(
    "organisations",
    metadata,
    tenant(),
    col("name", Text),
    PrimaryKeyConstraint("organisation_id"),
)

people = Table(
    "people",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    # From when this is a tombstone: whoever it was is not known here any more.
    col("erased_at", SECONDS, null=True),
    key("id"),
    ForeignKeyConstraint(["organisation_id"], ["organisations.organisation_id"]),
)

identities = Table(
    "identities",
    metadata,
    tenant(),
    col("person_id", Uuid),
    col("name", Text),
    col("birth_date", Date, null=True),
    col("language", Text, null=True),
    key("person_id"),
    refers("person_id", "people"),
    short("name", 200),
)

staff = Table(
    "staff",
    metadata,
    tenant(),
    col("person_id", Uuid),
    col("role", Text),
    col("starts_at", EXACT, default=NOW),
    col("ends_at", EXACT, null=True),
    key("person_id", "role", "starts_at"),
    refers("person_id", "people"),
    one_of("role", *OFFICES),
)

# The key of what a person writes, wrapped by a master key that is not in this database. Without it
# their words cannot be read any more: that is what erasing a person means.
person_keys = Table(
    "person_keys",
    metadata,
    tenant(),
    col("person_id", Uuid),
    col("wrapped", Text),
    col("master", Text),
    col("made_at", SECONDS, default=NOW),
    key("person_id"),
    refers("person_id", "people"),
)

# Why somebody may not be erased for now.
legal_holds = Table(
    "legal_holds",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    col("person_id", Uuid),
    col("reason", Text),
    col("set_by", Uuid),
    col("set_at", SECONDS),
    col("lifted_at", SECONDS, null=True),
    key("id"),
    refers("person_id", "people"),
    refers("set_by", "people"),
    one_of("reason", "COURT_ORDER", "LITIGATION", "STATUTORY_RETENTION", "COMPLAINT"),
    Index(None, "organisation_id", "person_id"),
)

# Who was erased: what a restore from an older backup does again.
erasures = Table(
    "erasures",
    metadata,
    tenant(),
    col("person_id", Uuid),
    col("asked_by", Uuid),
    col("erased_at", SECONDS),
    key("person_id"),
    refers("person_id", "people"),
    refers("asked_by", "people"),
)

teams = Table(
    "teams",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    col("name", Text),
    key("id"),
    short("name", 200),
)

team_members = Table(
    "team_members",
    metadata,
    tenant(),
    col("team_id", Uuid),
    col("person_id", Uuid),
    col("starts_at", EXACT, default=NOW),
    col("ends_at", EXACT, null=True),
    key("team_id", "person_id", "starts_at"),
    refers("team_id", "teams"),
    refers("person_id", "people"),
)

cases = Table(
    "cases",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    col("client_id", Uuid),
    col("status", Text, default="ACTIVE"),
    col("opened_on", Date),
    col("closed_on", Date, null=True),
    col("time_zone", Text),
    col("interval_days", SmallInteger, null=True),
    col("disclosure_default", Text, default="NEXT_SESSION"),
    # Whose law says when a caregiver's authority ends; null takes the most protective.
    col("jurisdiction", Text, null=True),
    # Care by a substance use programme under 42 CFR Part 2.
    col("part2", Boolean, default=text("false")),
    key("id"),
    refers("client_id", "people"),
    one_of("status", "ACTIVE", "CLOSED"),
    one_of("disclosure_default", "PRIVATE", "TREND", "NEXT_SESSION", "SHARED"),
    Index(None, "organisation_id", "opened_on", "id"),
    Index(None, "organisation_id", "client_id"),
)

care_team = Table(
    "care_team",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    col("case_id", Uuid),
    col("person_id", Uuid),
    col("relation", Text),
    col("starts_at", SECONDS),
    col("ends_at", SECONDS, null=True),
    # On what a caregiver's place rests; nobody else has one.
    col("authority", Text, null=True),
    key("id"),
    refers("case_id", "cases"),
    refers("person_id", "people"),
    one_of("relation", "THERAPIST", "SUPERVISOR", "CAREGIVER"),
    one_of("authority", "PARENTAL", "COURT", "INVITED"),
    Index(None, "organisation_id", "case_id"),
)

# How people stand to cases, one row for each membership and one for the client: what every policy
# asks. Kept apart from the care team, since a policy that read its own table would never end.
standing = Table(
    "standing",
    metadata,
    tenant(),
    col("person_id", Uuid),
    col("relation", Text),
    col("case_id", Uuid),
    col("starts_at", EXACT),
    col("ends_at", EXACT, null=True),
    col("client_id", Uuid),
    col("consented", Boolean, default=text("false")),
    # The case's: whoever sees any row of it is told, whatever else they may read. Null is not known.
    col("part2", Boolean, null=True),
    key("person_id", "relation", "case_id", "starts_at"),
    refers("person_id", "people"),
    refers("case_id", "cases"),
    one_of("relation", "CLIENT", "THERAPIST", "SUPERVISOR", "CAREGIVER", "EHR", "BREAK_GLASS"),
)

consents = Table(
    "consents",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    col("case_id", Uuid),
    col("kind", Text),
    col("given_by", Uuid),
    col("given_role", Text, default="CLIENT"),
    col("given_at", SECONDS),
    # The young client's own yes to what a caregiver consents to; without it a consent is not live.
    col("assented_by", Uuid, null=True),
    col("assented_at", SECONDS, null=True),
    col("withdrawn_by", Uuid, null=True),
    col("withdrawn_at", SECONDS, null=True),
    key("id"),
    refers("case_id", "cases"),
    refers("given_by", "people"),
    refers("assented_by", "people"),
    refers("withdrawn_by", "people"),
    one_of("given_role", "CLIENT", "CAREGIVER"),
    one_of("kind", "SUPERVISION", "RESEARCH", "EHR", "AGGREGATES"),
    Index(None, "organisation_id", "case_id"),
)

instruments = Table(
    "instruments",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    col("code", Text),
    col("version", Integer),
    col("name", Text),
    col("informant", Text),
    col("language", Text),
    col("licence", Text),
    col("permission_required", Boolean),
    col("verified", Boolean),
    col("validated", Boolean),
    col("constructs", ARRAY(Text)),
    # The shipped form that holds the key; another code than its own where a clinic translated it.
    col("base_code", Text, null=True),
    col("licence_status", Text, null=True),
    col("licence_holder", Text, null=True),
    col("licence_statement", Text, null=True),
    # By what right this clinic uses the form, in its own words; null until it says so.
    col("permission_statement", Text, null=True),
    col("permitted_at", SECONDS, null=True),
    # When this clinic loaded words of its own; null: the words are ours, or there are none.
    col("worded_at", SECONDS, null=True),
    col("instructions", Text, null=True),
    col("time_frame", Text, null=True),
    col("age_minimum", SmallInteger, null=True),
    col("age_maximum", SmallInteger, null=True),
    col("signals_from_age", SmallInteger, null=True),
    col("loinc", Text, null=True),
    col("source", Text, null=True),
    key("id"),
    UniqueConstraint("organisation_id", "code", "version"),
    one_of("informant", *ROLES),
)

instrument_items = Table(
    "instrument_items",
    metadata,
    tenant(),
    col("instrument_id", Uuid),
    col("number", SmallInteger),
    col("key", Text),
    col("minimum", Double),
    col("maximum", Double),
    col("step", Double, null=True),
    col("wording", Text, null=True),
    col("not_applicable", Boolean, default=text("false")),
    col("construct", Text, null=True),
    # An answer may call for help at once, which is told beforehand.
    col("safety", Boolean, default=text("false")),
    key("instrument_id", "number"),
    refers("instrument_id", "instruments"),
)

# The words at points of an item's range.
instrument_anchors = Table(
    "instrument_anchors",
    metadata,
    tenant(),
    col("instrument_id", Uuid),
    col("item", SmallInteger),
    col("value", Double),
    col("wording", Text),
    key("instrument_id", "item", "value"),
    refers("instrument_id", "instruments"),
)

instrument_scales = Table(
    "instrument_scales",
    metadata,
    tenant(),
    col("instrument_id", Uuid),
    col("key", Text),
    col("constructs", ARRAY(Text)),
    col("items", ARRAY(SmallInteger)),
    col("reversed", ARRAY(SmallInteger)),
    col("minimum", Double),
    col("maximum", Double),
    col("verified", Boolean),
    col("headline", Boolean, default=text("false")),
    col("polarity", Text, null=True),
    col("any_yes", Boolean, default=text("false")),
    col("least_answered", SmallInteger, null=True),
    col("missing_verified", Boolean, default=text("false")),
    col("loinc", Text, null=True),
    key("instrument_id", "key"),
    refers("instrument_id", "instruments"),
)

# What a clinic put on record about a form, in order: by what right it uses it, and in which words.
instrument_records = Table(
    "instrument_records",
    metadata,
    tenant(),
    col("instrument_id", Uuid),
    col("number", SmallInteger),
    col("kind", Text),
    col("at", SECONDS),
    col("statement", Text),
    col("words_hash", Text, null=True),
    key("instrument_id", "number"),
    refers("instrument_id", "instruments"),
    one_of("kind", "PERMISSION", "WORDING"),
)


def of_a_scale() -> tuple[Any, ...]:
    """Return the columns of what a source says about a scale."""
    return (
        tenant(),
        col("instrument_id", Uuid),
        col("scale", Text),
        col("number", SmallInteger),
        col("source", Text),
        col("verified", Boolean),
        key("instrument_id", "scale", "number"),
        refers("instrument_id", "instruments"),
    )


# What judges change on a scale: its spread and score reliability in some population.
instrument_norms = Table(
    "instrument_norms",
    metadata,
    *of_a_scale(),
    col("population", Text),
    col("language", Text, null=True),
    col("n", Integer, null=True),
    col("sd", Double),
    col("reliability", Double),
    col("reliability_kind", Text),
)

# What sources report of a scale, shown as it is.
instrument_reports = Table(
    "instrument_reports",
    metadata,
    *of_a_scale(),
    col("population", Text),
    col("n", Integer, null=True),
    col("mean", Double, null=True),
    col("sd", Double, null=True),
    col("reliability", Double, null=True),
    col("reliability_kind", Text, null=True),
    col("reliable_change", Double, null=True),
)

# Named parts of a scale's range; whether a limit belongs to them is spelled out.
instrument_bands = Table(
    "instrument_bands",
    metadata,
    *of_a_scale(),
    col("key", Text),
    col("at_least", Double, null=True),
    col("at_most", Double, null=True),
    col("below", Double, null=True),
)

# Breaking the glass: a clinician without a place in the team reads, for an hour, with a reason.
emergencies = Table(
    "emergencies",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    col("case_id", Uuid),
    col("person_id", Uuid),
    col("reason", Text),
    col("opened_at", SECONDS),
    col("ends_at", SECONDS),
    col("reviewed_by", Uuid, null=True),
    col("reviewed_at", SECONDS, null=True),
    col("verdict", Text, null=True),
    key("id"),
    refers("case_id", "cases"),
    refers("person_id", "people"),
    refers("reviewed_by", "people"),
    one_of("verdict", "JUSTIFIED", "NOT_JUSTIFIED"),
    Index(None, "organisation_id", "case_id"),
)

# What a therapist writes for themselves alone.
notes = Table(
    "notes",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    col("case_id", Uuid),
    col("author_id", Uuid),
    col("session_id", Uuid, null=True),
    col("body", Text),
    col("written_at", SECONDS),
    key("id"),
    refers("case_id", "cases"),
    refers("author_id", "people"),
    refers("session_id", "sessions"),
    Index(None, "organisation_id", "case_id", "written_at", "id"),
)

sessions = Table(
    "sessions",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    col("case_id", Uuid),
    col("therapist_id", Uuid),
    col("number", Integer),
    col("planned_start", SECONDS),
    col("planned_end", SECONDS),
    col("modality", Text),
    col("state", Text, default="PLANNED"),
    col("moved_from", Uuid, null=True),
    key("id"),
    UniqueConstraint("organisation_id", "case_id", "number"),
    refers("case_id", "cases"),
    refers("therapist_id", "people"),
    refers("moved_from", "sessions"),
    one_of("modality", "IN_PERSON", "VIDEO", "PHONE", "TEXT"),
    one_of("state", "PLANNED", "MOVED", "CANCELLED", "RECORDED"),
    CheckConstraint("planned_end > planned_start", name="span"),
    Index(None, "organisation_id", "case_id", "planned_start", "id"),
    Index(None, "organisation_id", "therapist_id", "planned_start"),
    Index(None, "organisation_id", "moved_from"),
)

attendance = Table(
    "attendance",
    metadata,
    tenant(),
    col("session_id", Uuid),
    col("case_id", Uuid),
    col("outcome", Text),
    col("started_at", SECONDS, null=True),
    col("ended_at", SECONDS, null=True),
    col("client_delay", Double, null=True),
    col("therapist_delay", Double, null=True),
    col("cancelled_by", Text, null=True),
    col("cancelled_at", SECONDS, null=True),
    col("notice", Interval, null=True),
    col("excused", Boolean, default=text("false")),
    key("session_id"),
    refers("session_id", "sessions"),
    refers("case_id", "cases"),
    one_of("outcome", "KEPT", "CANCELLED", "LATE_CANCELLED", "MISSED"),
    one_of("cancelled_by", *PARTIES),
    CheckConstraint("ended_at >= started_at", name="span"),
    Index(None, "organisation_id", "case_id"),
)

occasions = Table(
    "occasions",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    col("case_id", Uuid),
    col("session_id", Uuid, null=True),
    col("instrument_id", Uuid),
    col("informant_id", Uuid),
    col("informant_role", Text),
    col("opens_on", SECONDS),
    col("due_at", SECONDS),
    key("id"),
    UniqueConstraint(
        "organisation_id", "session_id", "instrument_id", "informant_id", name="occasions_once_key"
    ),
    refers("case_id", "cases"),
    refers("session_id", "sessions"),
    refers("instrument_id", "instruments"),
    refers("informant_id", "people"),
    one_of("informant_role", *ROLES),
    Index(None, "organisation_id", "case_id", "due_at"),
)


def informed() -> tuple[Any, ...]:
    """Return the columns by which the charter judges what an informant said."""
    return (
        col("case_id", Uuid),
        col("informant_id", Uuid),
        col("informant_role", Text),
        col("sealed_for", ARRAY(Uuid), default=text("'{}'")),
        col("to_caregivers", Boolean, default=text("false")),
    )


measurements = Table(
    "measurements",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    *informed(),
    col("session_id", Uuid, null=True),
    col("occasion_id", Uuid, null=True),
    col("instrument_id", Uuid),
    col("instrument_code", Text),
    col("taken_at", SECONDS),
    col("disclosure", Text),
    col("scores_open_at", EXACT, null=True),
    col("answers_open_at", EXACT, null=True),
    col("has_comment", Boolean),
    col("superseded_by", Uuid, null=True),
    key("id"),
    refers("case_id", "cases"),
    refers("informant_id", "people"),
    refers("session_id", "sessions"),
    refers("occasion_id", "occasions"),
    refers("instrument_id", "instruments"),
    refers("superseded_by", "measurements"),
    one_of("informant_role", *ROLES),
    one_of("disclosure", "PRIVATE", "TREND", "NEXT_SESSION", "SHARED"),
    Index(None, "organisation_id", "case_id", "taken_at", "id"),
    Index(None, "organisation_id", "session_id"),
    Index(None, "organisation_id", "occasion_id"),
)

scores = Table(
    "scores",
    metadata,
    tenant(),
    col("measurement_id", Uuid),
    col("scale", Text),
    *informed(),
    col("opens_at", EXACT, null=True),
    col("session_id", Uuid, null=True),
    col("instrument_code", Text),
    col("taken_at", SECONDS),
    col("current", Boolean, default=text("true")),
    col("raw", Double, null=True),
    col("mean", Double, null=True),
    col("pomp", Double, null=True),
    col("minimum", Double),
    col("maximum", Double),
    col("answered", SmallInteger),
    col("missing", SmallInteger),
    col("reason", Text, null=True),
    col("method_id", Text),
    col("method_version", Text),
    key("measurement_id", "scale"),
    refers("measurement_id", "measurements"),
    refers("case_id", "cases"),
    one_of("informant_role", *ROLES),
    CheckConstraint("(raw IS NULL) = (reason IS NOT NULL)", name="reason"),
    Index(
        "scores_series_ix",
        "organisation_id",
        "case_id",
        "instrument_code",
        "informant_role",
        "scale",
        "taken_at",
        "measurement_id",
    ),
)

# What went into a score, hashed: a short form's answers could be guessed from it, so that only the
# engine sees it, to find what must be computed anew.
score_inputs = Table(
    "score_inputs",
    metadata,
    tenant(),
    col("measurement_id", Uuid),
    col("case_id", Uuid),
    col("inputs_hash", Text),
    key("measurement_id"),
    refers("measurement_id", "measurements"),
    refers("case_id", "cases"),
)

answers = Table(
    "answers",
    metadata,
    tenant(),
    col("measurement_id", Uuid),
    col("item", SmallInteger),
    *informed(),
    col("opens_at", EXACT, null=True),
    col("value", Double, null=True),
    col("not_applicable", Boolean, default=text("false")),
    key("measurement_id", "item"),
    refers("measurement_id", "measurements"),
    refers("case_id", "cases"),
    one_of("informant_role", *ROLES),
)

comments = Table(
    "comments",
    metadata,
    tenant(),
    col("measurement_id", Uuid),
    *informed(),
    col("opens_at", EXACT, null=True),
    col("body", Text),
    key("measurement_id"),
    refers("measurement_id", "measurements"),
    refers("case_id", "cases"),
    one_of("informant_role", *ROLES),
)

# What is noticeable about how a form was filled in. It tells of answers, so it is guarded like them.
findings = Table(
    "findings",
    metadata,
    tenant(),
    col("measurement_id", Uuid),
    col("code", Text),
    col("scale", Text, default=text("''")),
    *informed(),
    col("opens_at", EXACT, null=True),
    col("answered", SmallInteger),
    col("method_id", Text),
    col("method_version", Text),
    key("measurement_id", "code", "scale"),
    refers("measurement_id", "measurements"),
    refers("case_id", "cases"),
    one_of("informant_role", *ROLES),
)

goals = Table(
    "goals",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    col("case_id", Uuid),
    col("state", Text, default="PROPOSED"),
    col("version", Integer, default=text("1")),
    col("proposed_by", Uuid),
    col("proposed_at", SECONDS),
    col("weight", SmallInteger, null=True),
    # GAS: five levels, -2 to 2. ZERO_TO_TEN: how near one feels to it.
    col("kind", Text, default="GAS"),
    col("agreed_on", Date, null=True),
    col("ended_on", Date, null=True),
    col("to_caregivers", Boolean, default=text("false")),
    key("id"),
    refers("case_id", "cases"),
    refers("proposed_by", "people"),
    one_of("state", "PROPOSED", "AGREED", "DECLINED", "ENDED"),
    one_of("kind", "GAS", "ZERO_TO_TEN"),
    CheckConstraint("weight BETWEEN 1 AND 10", name="weight"),
    Index(None, "organisation_id", "case_id", "id"),
)


def of_a_goal() -> tuple[Any, ...]:
    """Return the columns that tie a row to its goal and the charter."""
    return (
        tenant(),
        col("goal_id", Uuid),
        col("case_id", Uuid),
        col("to_caregivers", Boolean, default=text("false")),
    )


goal_versions = Table(
    "goal_versions",
    metadata,
    *of_a_goal(),
    col("version", Integer),
    col("wording", Text),
    col("worded_by", Uuid),
    col("worded_at", SECONDS),
    key("goal_id", "version"),
    refers("goal_id", "goals"),
    refers("case_id", "cases"),
    refers("worded_by", "people"),
)

# What each level of attainment would look like, in the words of a version.
goal_levels = Table(
    "goal_levels",
    metadata,
    *of_a_goal(),
    col("version", Integer),
    col("level", SmallInteger),
    col("wording", Text),
    col("worded_by", Uuid),
    key("goal_id", "version", "level"),
    refers("goal_id", "goals"),
    refers("worded_by", "people"),
    refers("case_id", "cases"),
    CheckConstraint("level BETWEEN -2 AND 2", name="level"),
)

goal_stances = Table(
    "goal_stances",
    metadata,
    *of_a_goal(),
    col("version", Integer),
    col("person_id", Uuid),
    col("role", Text),
    col("stance", Text, default="PENDING"),
    col("answered_at", SECONDS, null=True),
    key("goal_id", "version", "person_id"),
    refers("goal_id", "goals"),
    refers("case_id", "cases"),
    refers("person_id", "people"),
    one_of("role", *PARTIES),
    one_of("stance", "AGREE", "DISAGREE", "PENDING"),
)

goal_ratings = Table(
    "goal_ratings",
    metadata,
    *of_a_goal(),
    col("id", Uuid, default=NEW_ID),
    col("rated_by", Uuid),
    col("role", Text),
    col("level", SmallInteger),
    col("session_id", Uuid, null=True),
    col("rated_at", SECONDS),
    key("id"),
    refers("goal_id", "goals"),
    refers("case_id", "cases"),
    refers("rated_by", "people"),
    refers("session_id", "sessions"),
    one_of("role", *PARTIES),
    CheckConstraint("level BETWEEN -2 AND 10", name="level"),
    Index(None, "organisation_id", "goal_id", "rated_at", "id"),
)

commitments = Table(
    "commitments",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    col("case_id", Uuid),
    col("owner_id", Uuid),
    col("owner_role", Text),
    col("wording", Text),
    col("due_at", SECONDS),
    col("made_at", SECONDS),
    col("outcome", Text, default="OPEN"),
    col("settled_at", SECONDS, null=True),
    key("id"),
    refers("case_id", "cases"),
    refers("owner_id", "people"),
    one_of("owner_role", *PARTIES),
    one_of("outcome", "OPEN", "KEPT", "MISSED", "RENEGOTIATED", "WITHDRAWN"),
    Index(None, "organisation_id", "case_id", "due_at", "id"),
)


# What the client would like on a two-sided dimension, and what the therapist says therapy is like,
# -3 to 3 each.
preferences = Table(
    "preferences",
    metadata,
    tenant(),
    col("case_id", Uuid),
    col("dimension", Text),
    col("role", Text),
    col("person_id", Uuid),
    col("value", Double),
    col("set_at", SECONDS),
    key("case_id", "dimension", "role"),
    refers("case_id", "cases"),
    refers("person_id", "people"),
    one_of("dimension", *DIMENSIONS),
    one_of("role", *PARTIES),
    CheckConstraint("value BETWEEN -3 AND 3", name="value"),
)


def rate(name: str) -> tuple[Any, ...]:
    """Return the columns of a rate: counts, and value with interval where there are enough."""
    return (
        col(f"{name}_numerator", Integer),
        col(f"{name}_denominator", Integer),
        col(f"{name}_value", Double, null=True),
        col(f"{name}_lower", Double, null=True),
        col(f"{name}_upper", Double, null=True),
    )


reliability = Table(
    "reliability",
    metadata,
    tenant(),
    col("case_id", Uuid),
    col("party", Text),
    col("sessions", Integer),
    *rate("kept"),
    *rate("punctual"),
    col("median_delay", Double, null=True),
    *rate("cadence"),
    col("cadence_variation", Double, null=True),
    *rate("follow_through"),
    col("late_cancellations", Integer),
    col("period_start", SECONDS, null=True),
    col("period_end", SECONDS, null=True),
    col("computed_at", SECONDS),
    col("method_id", Text),
    col("method_version", Text),
    col("inputs_hash", Text),
    key("case_id", "party"),
    refers("case_id", "cases"),
    one_of("party", *PARTIES),
)

AUDIENCES = ("CLIENT", "CARE_TEAM")


def for_audience() -> tuple[Any, ...]:
    """Return the columns of what was derived from what one audience may see, and from no more."""
    return (
        tenant(),
        col("case_id", Uuid),
        col("audience", Text),
        refers("case_id", "cases"),
        one_of("audience", *AUDIENCES),
    )


def of_a_series() -> tuple[Any, ...]:
    """Return the columns that name one scale of one informant."""
    return (
        col("instrument_code", Text),
        col("informant_id", Uuid),
        col("informant_role", Text),
        col("scale", Text),
        refers("informant_id", "people"),
        one_of("informant_role", *ROLES),
    )


def by(name: str = "method") -> tuple[Any, ...]:
    """Return the columns of the method that computed a row."""
    return (col(f"{name}_id", Text), col(f"{name}_version", Text))


def estimate(name: str) -> tuple[Any, ...]:
    """Return the columns of an estimate with its interval."""
    return (
        col(f"{name}_value", Double, null=True),
        col(f"{name}_n", Integer, null=True),
        col(f"{name}_lower", Double, null=True),
        col(f"{name}_upper", Double, null=True),
    )


SERIES_KEY = (
    "case_id",
    "audience",
    "instrument_code",
    "informant_role",
    "scale",
    "informant_id",
)

# The chart of a series: limits frozen on its first sessions, in the units of the raw score.
series = Table(
    "series",
    metadata,
    *for_audience(),
    *of_a_series(),
    col("n", Integer),
    col("baseline_n", Integer, null=True),
    col("provisional", Boolean, null=True),
    col("centre", Double, null=True),
    col("lower", Double, null=True),
    col("upper", Double, null=True),
    col("false_alarm_rate", Double, null=True),
    col("reason", Text, null=True),
    col("ceiling_share", Double, null=True),
    col("at_ceiling", Boolean, null=True),
    col("shape", Text, null=True),
    *estimate("slope"),
    *by(),
    col("inputs_hash", Text),
    key(*SERIES_KEY),
)

# How a score differs from the one before and from the first ones, as far as the audience saw them.
changes = Table(
    "changes",
    metadata,
    *for_audience(),
    *of_a_series(),
    col("measurement_id", Uuid),
    col("interval_lower", Double, null=True),
    col("interval_upper", Double, null=True),
    col("previous_difference", Double, null=True),
    col("previous_index", Double, null=True),
    col("previous_direction", Text, null=True),
    col("previous_reason", Text, null=True),
    col("baseline_difference", Double, null=True),
    col("baseline_index", Double, null=True),
    col("baseline_direction", Text, null=True),
    col("baseline_reason", Text, null=True),
    col("norm_sd", Double, null=True),
    col("norm_reliability", Double, null=True),
    col("norm_kind", Text, null=True),
    col("norm_population", Text, null=True),
    col("norm_source", Text, null=True),
    col("norm_verified", Boolean, null=True),
    # Outcome measures only: whether a change is significant, by which cut and by whose figures.
    col("previous_status", Text, null=True),
    col("baseline_status", Text, null=True),
    col("status_reason", Text, null=True),
    col("status_cut", Double, null=True),
    col("status_points", Double, null=True),
    col("status_source", Text, null=True),
    col("status_method_id", Text, null=True),
    col("status_method_version", Text, null=True),
    *by(),
    key("measurement_id", "scale", "audience"),
    refers("measurement_id", "measurements"),
    Index("changes_series_ix", "organisation_id", *SERIES_KEY),
)

# Ruptures as episodes: where one began, its lowest point, where it was mended.
ruptures = Table(
    "ruptures",
    metadata,
    *for_audience(),
    *of_a_series(),
    col("start_id", Uuid),
    col("nadir_id", Uuid),
    col("repair_id", Uuid, null=True),
    col("depth", Double, null=True),
    col("pattern", Text, null=True),
    col("over", Boolean),
    *by(),
    key(*SERIES_KEY, "method_id", "start_id"),
    refers("start_id", "measurements"),
    refers("nadir_id", "measurements"),
    refers("repair_id", "measurements"),
)

# How near one therapist's ratings are to the client's of the same sessions; a series of theirs.
concordances = Table(
    "concordances",
    metadata,
    *for_audience(),
    *of_a_series(),
    col("client_code", Text),
    col("n", Integer),
    col("unit", Text),
    *estimate("bias"),
    *estimate("tracking"),
    *estimate("correlation"),
    *estimate("gap"),
    col("reason", Text, null=True),
    *by(),
    key(*SERIES_KEY),
)

# How far goals are reached (attainment scaling) and how they came about. One row a case.
attainments = Table(
    "attainments",
    metadata,
    tenant(),
    col("case_id", Uuid),
    col("to_caregivers", Boolean, default=text("false")),
    col("n", Integer),
    col("baseline", Double, null=True),
    col("follow_up", Double, null=True),
    col("change", Double, null=True),
    # Goals rated from 0 to 10, never mixed with the others: means of the first and latest ratings.
    col("rated_first", Double, null=True),
    col("rated_latest", Double, null=True),
    *estimate("rated"),
    *rate("agreed"),
    *rate("worded"),
    col("median_days", Double, null=True),
    col("timed", Integer),
    col("disagreed", Integer),
    *by(),
    key("case_id"),
    refers("case_id", "cases"),
)

# A finding with its evidence: one row an episode, however often it is computed anew. Whose ratings
# it rests on, if it is one informant's, decides who else of an audience may see it.
signals = Table(
    "signals",
    metadata,
    *for_audience(),
    col("id", Uuid, default=NEW_ID),
    col("kind", Text),
    col("episode", Text),
    col("state", Text, default="OPEN"),
    col("informant_id", Uuid, null=True),
    col("informant_role", Text, null=True),
    col("instrument_code", Text, null=True),
    col("scale", Text, null=True),
    col("party", Text, null=True),
    col("raised_at", SECONDS),
    col("over", Boolean, default=text("false")),
    col("acknowledged_by", Uuid, null=True),
    col("acknowledged_at", SECONDS, null=True),
    col("heard", Boolean, null=True),
    col("heard_at", SECONDS, null=True),
    col("false_alarm_rate", Double, null=True),
    *by(),
    key("id"),
    UniqueConstraint("organisation_id", "case_id", "audience", "kind", "episode"),
    refers("acknowledged_by", "people"),
    refers("informant_id", "people"),
    one_of("state", "OPEN", "ACKNOWLEDGED", "CLOSED"),
    one_of("informant_role", *ROLES),
    one_of("party", *PARTIES),
    Index(None, "organisation_id", "case_id", "raised_at"),
)

# What a signal rests on: exactly one of the references, in order.
signal_evidence = Table(
    "signal_evidence",
    metadata,
    *for_audience(),
    col("signal_id", Uuid),
    col("position", SmallInteger),
    col("informant_id", Uuid, null=True),
    col("informant_role", Text, null=True),
    col("measurement_id", Uuid, null=True),
    col("session_id", Uuid, null=True),
    col("occasion_id", Uuid, null=True),
    col("commitment_id", Uuid, null=True),
    col("goal_id", Uuid, null=True),
    key("signal_id", "position"),
    refers("signal_id", "signals"),
    refers("measurement_id", "measurements"),
    refers("session_id", "sessions"),
    refers("occasion_id", "occasions"),
    refers("commitment_id", "commitments"),
    refers("goal_id", "goals"),
    one_of("informant_role", *ROLES),
    CheckConstraint(
        "num_nonnulls(measurement_id, session_id, occasion_id, commitment_id, goal_id) = 1",
        name="one",
    ),
)

# What was published about a closed period: one row a cell, frozen once it is written, so that no
# later release differs from it by one client. Of a suppressed cell nothing is there but why.
aggregates = Table(
    "aggregates",
    metadata,
    tenant(),
    col("period", Text),
    col("measure", Text),
    col("instrument_code", Text, default=text("''")),
    col("scale", Text, default=text("''")),
    col("informant_role", Text, default=text("''")),
    col("level", Text),
    col("unit_id", Uuid),
    # The team of a team's or a therapist's cell, at the end of the period.
    col("team_id", Uuid, null=True),
    col("constructs", ARRAY(Text), default=text("'{}'")),
    col("starts_on", Date),
    col("ends_on", Date),
    # The range of one client's value.
    col("minimum", Double),
    col("maximum", Double),
    # At least so many clients, in fives.
    col("n", Integer, null=True),
    col("value", Double, null=True),
    # How coarsely the value is told.
    col("step", Double, null=True),
    col("value_lower", Double, null=True),
    col("value_upper", Double, null=True),
    col("pooled_value", Double, null=True),
    col("pooled_lower", Double, null=True),
    col("pooled_upper", Double, null=True),
    col("weight", Double, null=True),
    col("funnel_lower", Double, null=True),
    col("funnel_upper", Double, null=True),
    col("unusual", Boolean, null=True),
    col("grand_mean", Double, null=True),
    col("between_variance", Double, null=True),
    col("within_variance", Double, null=True),
    col("groups", Integer, null=True),
    col("reason", Text, null=True),
    col("published_at", SECONDS),
    *by(),
    key("period", "measure", "instrument_code", "scale", "informant_role", "level", "unit_id"),
    one_of("level", "ORGANISATION", "TEAM", "THERAPIST"),
    CheckConstraint("(value IS NULL) = (reason IS NOT NULL)", name="reason"),
)

# Whose sums can be worked out from what was published: what later releases must stay apart from.
aggregate_sets = Table(
    "aggregate_sets",
    metadata,
    tenant(),
    col("period", Text),
    col("measure", Text),
    col("instrument_code", Text, default=text("''")),
    col("informant_role", Text, default=text("''")),
    col("number", SmallInteger),
    col("clients", ARRAY(Uuid)),
    key("period", "measure", "instrument_code", "informant_role", "number"),
)

# The outbox: what happened, stated once; ids, instants and kinds, never what was said.
facts = Table(
    "facts",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    col("transaction", Xid8, default=text("pg_current_xact_id()")),
    Column("position", BigInteger, Identity(always=True), nullable=False),
    col("type", Text),
    # Null where it is about nobody's case: a person who was erased may have had several.
    col("case_id", Uuid, null=True),
    col("subject_id", Uuid),
    col("at", EXACT, default=NOW),
    col("extra", JSONB, default=text("'{}'")),
    key("id"),
    Index(None, "organisation_id", "transaction", "position"),
)

read_ledger = Table(
    "read_ledger",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    col("at", EXACT, default=NOW),
    col("person_id", Uuid),
    col("application", Text),
    col("purpose", Text),
    col("operation", Text, null=True),
    col("document_hash", Text),
    col("trace_id", Text, null=True),
    col("facets", ARRAY(Text)),
    col("cases", ARRAY(Uuid)),
    # A refused attempt names the case that was asked for, if any was.
    col("outcome", Text, default="ALLOWED"),
    # Where it stands in the chain: by transaction, so that slow ones are not left out of a seal.
    col("transaction", Xid8, default=text("pg_current_xact_id()")),
    Column("position", BigInteger, Identity(always=True), nullable=False),
    key("id"),
    one_of("outcome", "ALLOWED", "REFUSED"),
    Index(None, "organisation_id", "transaction", "position"),
    Index(None, "organisation_id", "person_id", "at"),
    Index("read_ledger_cases_ix", "cases", postgresql_using="gin"),
)

# The chain over the read ledger: each seal covers the entries since the last one by their Merkle
# root, names the seal before it, and is signed with a key that is not in this database.
ledger_seals = Table(
    "ledger_seals",
    metadata,
    tenant(),
    col("number", BigInteger),
    col("after_transaction", Xid8),
    col("after_position", BigInteger),
    col("last_transaction", Xid8),
    col("last_position", BigInteger),
    col("entries", Integer),
    col("total", BigInteger),
    col("root", Text),
    # Sixteen octets of id and 32 of hash for each entry: they name which one was touched.
    col("leaves", LargeBinary),
    col("previous", Text),
    col("sealed_at", EXACT),
    col("key_id", Text),
    col("signature", Text),
    key("number"),
)

# Whose records researchers see under which name: the engine's alone.
research_subjects = Table(
    "research_subjects",
    metadata,
    tenant(),
    col("case_id", Uuid),
    col("pseudonym", Uuid, default=text("gen_random_uuid()")),
    key("case_id"),
    refers("case_id", "cases"),
)

# What clients gave to research: a name that means nothing, the week since the first rating, and
# figures. No id, no date, no word.
research_records = Table(
    "research_records",
    metadata,
    tenant(),
    col("id", Uuid, default=text("gen_random_uuid()")),
    col("pseudonym", Uuid),
    col("week", Integer),
    col("sequence", Integer),
    col("instrument_code", Text),
    col("informant_role", Text),
    col("scale", Text),
    col("value", Double),
    key("id"),
    one_of("informant_role", *ROLES),
    Index(None, "organisation_id", "pseudonym"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    tenant(),
    col("person_id", Uuid),
    col("key", Text),
    col("mutation", Text),
    col("input_hash", Text),
    col("changed_id", Uuid),
    col("created_at", EXACT, default=NOW),
    key("person_id", "key"),
    short("key", 255),
)
