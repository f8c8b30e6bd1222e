"""clinical ground and the whole charter."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from alliance_api.store import tables
from alliance_api.store.migrations.law import enact, repeal

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    repeal()
    op.create_table(
        "aggregate_sets",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("instrument_code", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("informant_role", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("clients", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.PrimaryKeyConstraint(
            "organisation_id",
            "period",
            "measure",
            "instrument_code",
            "informant_role",
            "number",
            name=op.f("aggregate_sets_pkey"),
        ),
    )
    op.create_table(
        "aggregates",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("instrument_code", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("scale", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("informant_role", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column(
            "constructs", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("minimum", sa.Double(), nullable=False),
        sa.Column("maximum", sa.Double(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=True),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("step", sa.Double(), nullable=True),
        sa.Column("value_lower", sa.Double(), nullable=True),
        sa.Column("value_upper", sa.Double(), nullable=True),
        sa.Column("pooled_value", sa.Double(), nullable=True),
        sa.Column("pooled_lower", sa.Double(), nullable=True),
        sa.Column("pooled_upper", sa.Double(), nullable=True),
        sa.Column("weight", sa.Double(), nullable=True),
        sa.Column("funnel_lower", sa.Double(), nullable=True),
        sa.Column("funnel_upper", sa.Double(), nullable=True),
        sa.Column("unusual", sa.Boolean(), nullable=True),
        sa.Column("grand_mean", sa.Double(), nullable=True),
        sa.Column("between_variance", sa.Double(), nullable=True),
        sa.Column("within_variance", sa.Double(), nullable=True),
        sa.Column("groups", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("published_at", postgresql.TIMESTAMP(timezone=True, precision=0), nullable=False),
        sa.Column("method_id", sa.Text(), nullable=False),
        sa.Column("method_version", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "level IN ('ORGANISATION', 'TEAM', 'THERAPIST')", name=op.f("aggregates_level_check")
        ),
        sa.CheckConstraint(
            "(value IS NULL) = (reason IS NOT NULL)", name=op.f("aggregates_reason_check")
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id",
            "period",
            "measure",
            "instrument_code",
            "scale",
            "informant_role",
            "level",
            "unit_id",
            name=op.f("aggregates_pkey"),
        ),
    )
    op.create_table(
        "ledger_seals",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("after_transaction", tables.Xid8(), nullable=False),
        sa.Column("after_position", sa.BigInteger(), nullable=False),
        sa.Column("last_transaction", tables.Xid8(), nullable=False),
        sa.Column("last_position", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("leaves", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("sealed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "number", name=op.f("ledger_seals_pkey")),
    )
    op.create_table(
        "research_records",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("pseudonym", sa.Uuid(), nullable=False),
        sa.Column("week", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("instrument_code", sa.Text(), nullable=False),
        sa.Column("informant_role", sa.Text(), nullable=False),
        sa.Column("scale", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.CheckConstraint(
            "informant_role IN ('CLIENT', 'THERAPIST', 'CAREGIVER')",
            name=op.f("research_records_informant_role_check"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("research_records_pkey")),
    )
    op.create_index(
        op.f("research_records_organisation_id_pseudonym_ix"),
        "research_records",
        ["organisation_id", "pseudonym"],
        unique=False,
    )
    op.create_table(
        "teams",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "char_length(name) BETWEEN 1 AND 200", name=op.f("teams_name_length_check")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("teams_pkey")),
    )
    op.create_table(
        "instrument_anchors",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("item", sa.SmallInteger(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "instrument_id"],
            ["instruments.organisation_id", "instruments.id"],
            name=op.f("instrument_anchors_instrument_id_fkey"),
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id",
            "instrument_id",
            "item",
            "value",
            name=op.f("instrument_anchors_pkey"),
        ),
    )
    op.create_table(
        "instrument_bands",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("scale", sa.Text(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at_least", sa.Double(), nullable=True),
        sa.Column("at_most", sa.Double(), nullable=True),
        sa.Column("below", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id", "instrument_id"],
            ["instruments.organisation_id", "instruments.id"],
            name=op.f("instrument_bands_instrument_id_fkey"),
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id",
            "instrument_id",
            "scale",
            "number",
            name=op.f("instrument_bands_pkey"),
        ),
    )
    op.create_table(
        "instrument_norms",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("scale", sa.Text(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("population", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("n", sa.Integer(), nullable=True),
        sa.Column("sd", sa.Double(), nullable=False),
        sa.Column("reliability", sa.Double(), nullable=False),
        sa.Column("reliability_kind", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "instrument_id"],
            ["instruments.organisation_id", "instruments.id"],
            name=op.f("instrument_norms_instrument_id_fkey"),
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id",
            "instrument_id",
            "scale",
            "number",
            name=op.f("instrument_norms_pkey"),
        ),
    )
    op.create_table(
        "instrument_records",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True, precision=0), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("words_hash", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('PERMISSION', 'WORDING')", name=op.f("instrument_records_kind_check")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "instrument_id"],
            ["instruments.organisation_id", "instruments.id"],
            name=op.f("instrument_records_instrument_id_fkey"),
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id", "instrument_id", "number", name=op.f("instrument_records_pkey")
        ),
    )
    op.create_table(
        "instrument_reports",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("scale", sa.Text(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("population", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=True),
        sa.Column("mean", sa.Double(), nullable=True),
        sa.Column("sd", sa.Double(), nullable=True),
        sa.Column("reliability", sa.Double(), nullable=True),
        sa.Column("reliability_kind", sa.Text(), nullable=True),
        sa.Column("reliable_change", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id", "instrument_id"],
            ["instruments.organisation_id", "instruments.id"],
            name=op.f("instrument_reports_instrument_id_fkey"),
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id",
            "instrument_id",
            "scale",
            "number",
            name=op.f("instrument_reports_pkey"),
        ),
    )
    op.create_table(
        "erasures",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("erased_at", postgresql.TIMESTAMP(timezone=True, precision=0), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "asked_by"],
            ["people.organisation_id", "people.id"],
            name=op.f("erasures_asked_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["people.organisation_id", "people.id"],
            name=op.f("erasures_person_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "person_id", name=op.f("erasures_pkey")),
    )
    op.create_table(
        "legal_holds",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", postgresql.TIMESTAMP(timezone=True, precision=0), nullable=False),
        sa.Column("lifted_at", postgresql.TIMESTAMP(timezone=True, precision=0), nullable=True),
        sa.CheckConstraint(
            "reason IN ('COURT_ORDER', 'LITIGATION', 'STATUTORY_RETENTION', 'COMPLAINT')",
            name=op.f("legal_holds_reason_check"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["people.organisation_id", "people.id"],
            name=op.f("legal_holds_person_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "set_by"],
            ["people.organisation_id", "people.id"],
            name=op.f("legal_holds_set_by_fkey"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("legal_holds_pkey")),
    )
    op.create_index(
        op.f("legal_holds_organisation_id_person_id_ix"),
        "legal_holds",
        ["organisation_id", "person_id"],
        unique=False,
    )
    op.create_table(
        "person_keys",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("wrapped", sa.Text(), nullable=False),
        sa.Column("master", sa.Text(), nullable=False),
        sa.Column(
            "made_at",
            postgresql.TIMESTAMP(timezone=True, precision=0),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["people.organisation_id", "people.id"],
            name=op.f("person_keys_person_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "person_id", name=op.f("person_keys_pkey")),
    )
    op.create_table(
        "team_members",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "starts_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("ends_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["people.organisation_id", "people.id"],
            name=op.f("team_members_person_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "team_id"],
            ["teams.organisation_id", "teams.id"],
            name=op.f("team_members_team_id_fkey"),
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id", "team_id", "person_id", "starts_at", name=op.f("team_members_pkey")
        ),
    )
    op.create_table(
        "emergencies",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", postgresql.TIMESTAMP(timezone=True, precision=0), nullable=False),
        sa.Column("ends_at", postgresql.TIMESTAMP(timezone=True, precision=0), nullable=False),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("reviewed_at", postgresql.TIMESTAMP(timezone=True, precision=0), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "verdict IN ('JUSTIFIED', 'NOT_JUSTIFIED')", name=op.f("emergencies_verdict_check")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "case_id"],
            ["cases.organisation_id", "cases.id"],
            name=op.f("emergencies_case_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["people.organisation_id", "people.id"],
            name=op.f("emergencies_person_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "reviewed_by"],
            ["people.organisation_id", "people.id"],
            name=op.f("emergencies_reviewed_by_fkey"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("emergencies_pkey")),
    )
    op.create_index(
        op.f("emergencies_organisation_id_case_id_ix"),
        "emergencies",
        ["organisation_id", "case_id"],
        unique=False,
    )
    op.create_table(
        "preferences",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("set_at", postgresql.TIMESTAMP(timezone=True, precision=0), nullable=False),
        sa.CheckConstraint(
            "dimension IN ('DIRECTIVENESS', 'EMOTIONAL_INTENSITY', 'PAST_ORIENTATION', 'WARM_SUPPORT')",
            name=op.f("preferences_dimension_check"),
        ),
        sa.CheckConstraint("role IN ('CLIENT', 'THERAPIST')", name=op.f("preferences_role_check")),
        sa.CheckConstraint("value BETWEEN -3 AND 3", name=op.f("preferences_value_check")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "case_id"],
            ["cases.organisation_id", "cases.id"],
            name=op.f("preferences_case_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["people.organisation_id", "people.id"],
            name=op.f("preferences_person_id_fkey"),
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id", "case_id", "dimension", "role", name=op.f("preferences_pkey")
        ),
    )
    op.create_table(
        "research_subjects",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column(
            "pseudonym", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "case_id"],
            ["cases.organisation_id", "cases.id"],
            name=op.f("research_subjects_case_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "case_id", name=op.f("research_subjects_pkey")),
    )
    op.create_table(
        "goal_levels",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("goal_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("to_caregivers", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("worded_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint("level BETWEEN -2 AND 2", name=op.f("goal_levels_level_check")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "case_id"],
            ["cases.organisation_id", "cases.id"],
            name=op.f("goal_levels_case_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "goal_id"],
            ["goals.organisation_id", "goals.id"],
            name=op.f("goal_levels_goal_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "worded_by"],
            ["people.organisation_id", "people.id"],
            name=op.f("goal_levels_worded_by_fkey"),
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id", "goal_id", "version", "level", name=op.f("goal_levels_pkey")
        ),
    )
    op.create_table(
        "notes",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("written_at", postgresql.TIMESTAMP(timezone=True, precision=0), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "author_id"],
            ["people.organisation_id", "people.id"],
            name=op.f("notes_author_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "case_id"],
            ["cases.organisation_id", "cases.id"],
            name=op.f("notes_case_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "session_id"],
            ["sessions.organisation_id", "sessions.id"],
            name=op.f("notes_session_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("notes_pkey")),
    )
    op.create_index(
        op.f("notes_organisation_id_case_id_written_at_id_ix"),
        "notes",
        ["organisation_id", "case_id", "written_at", "id"],
        unique=False,
    )
    op.create_table(
        "findings",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("measurement_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("scale", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("informant_id", sa.Uuid(), nullable=False),
        sa.Column("informant_role", sa.Text(), nullable=False),
        sa.Column(
            "sealed_for", sa.ARRAY(sa.Uuid()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("to_caregivers", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("opens_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("answered", sa.SmallInteger(), nullable=False),
        sa.Column("method_id", sa.Text(), nullable=False),
        sa.Column("method_version", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "informant_role IN ('CLIENT', 'THERAPIST', 'CAREGIVER')",
            name=op.f("findings_informant_role_check"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "case_id"],
            ["cases.organisation_id", "cases.id"],
            name=op.f("findings_case_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "measurement_id"],
            ["measurements.organisation_id", "measurements.id"],
            name=op.f("findings_measurement_id_fkey"),
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id", "measurement_id", "code", "scale", name=op.f("findings_pkey")
        ),
    )
    op.create_table(
        "signal_evidence",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("signal_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("informant_id", sa.Uuid(), nullable=True),
        sa.Column("informant_role", sa.Text(), nullable=True),
        sa.Column("measurement_id", sa.Uuid(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("occasion_id", sa.Uuid(), nullable=True),
        sa.Column("commitment_id", sa.Uuid(), nullable=True),
        sa.Column("goal_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "audience IN ('CLIENT', 'CARE_TEAM')", name=op.f("signal_evidence_audience_check")
        ),
        sa.CheckConstraint(
            "informant_role IN ('CLIENT', 'THERAPIST', 'CAREGIVER')",
            name=op.f("signal_evidence_informant_role_check"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(measurement_id, session_id, occasion_id, commitment_id, goal_id) = 1",
            name=op.f("signal_evidence_one_check"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "case_id"],
            ["cases.organisation_id", "cases.id"],
            name=op.f("signal_evidence_case_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "commitment_id"],
            ["commitments.organisation_id", "commitments.id"],
            name=op.f("signal_evidence_commitment_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "goal_id"],
            ["goals.organisation_id", "goals.id"],
            name=op.f("signal_evidence_goal_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "measurement_id"],
            ["measurements.organisation_id", "measurements.id"],
            name=op.f("signal_evidence_measurement_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "occasion_id"],
            ["occasions.organisation_id", "occasions.id"],
            name=op.f("signal_evidence_occasion_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "session_id"],
            ["sessions.organisation_id", "sessions.id"],
            name=op.f("signal_evidence_session_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "signal_id"],
            ["signals.organisation_id", "signals.id"],
            name=op.f("signal_evidence_signal_id_fkey"),
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id", "signal_id", "position", name=op.f("signal_evidence_pkey")
        ),
    )
    op.add_column("attainments", sa.Column("rated_first", sa.Double(), nullable=True))
    op.add_column("attainments", sa.Column("rated_latest", sa.Double(), nullable=True))
    op.add_column("attainments", sa.Column("rated_value", sa.Double(), nullable=True))
    op.add_column("attainments", sa.Column("rated_n", sa.Integer(), nullable=True))
    op.add_column("attainments", sa.Column("rated_lower", sa.Double(), nullable=True))
    op.add_column("attainments", sa.Column("rated_upper", sa.Double(), nullable=True))
    op.add_column("care_team", sa.Column("authority", sa.Text(), nullable=True))
    op.add_column("cases", sa.Column("jurisdiction", sa.Text(), nullable=True))
    op.add_column(
        "cases", sa.Column("part2", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("changes", sa.Column("previous_status", sa.Text(), nullable=True))
    op.add_column("changes", sa.Column("baseline_status", sa.Text(), nullable=True))
    op.add_column("changes", sa.Column("status_reason", sa.Text(), nullable=True))
    op.add_column("changes", sa.Column("status_cut", sa.Double(), nullable=True))
    op.add_column("changes", sa.Column("status_points", sa.Double(), nullable=True))
    op.add_column("changes", sa.Column("status_source", sa.Text(), nullable=True))
    op.add_column("changes", sa.Column("status_method_id", sa.Text(), nullable=True))
    op.add_column("changes", sa.Column("status_method_version", sa.Text(), nullable=True))
    op.add_column("concordances", sa.Column("gap_value", sa.Double(), nullable=True))
    op.add_column("concordances", sa.Column("gap_n", sa.Integer(), nullable=True))
    op.add_column("concordances", sa.Column("gap_lower", sa.Double(), nullable=True))
    op.add_column("concordances", sa.Column("gap_upper", sa.Double(), nullable=True))
    op.add_column(
        "consents", sa.Column("given_role", sa.Text(), server_default="CLIENT", nullable=False)
    )
    op.add_column("consents", sa.Column("assented_by", sa.Uuid(), nullable=True))
    op.add_column(
        "consents",
        sa.Column("assented_at", postgresql.TIMESTAMP(timezone=True, precision=0), nullable=True),
    )
    op.add_column("consents", sa.Column("withdrawn_by", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("consents_withdrawn_by_fkey"),
        "consents",
        "people",
        ["organisation_id", "withdrawn_by"],
        ["organisation_id", "id"],
    )
    op.create_foreign_key(
        op.f("consents_assented_by_fkey"),
        "consents",
        "people",
        ["organisation_id", "assented_by"],
        ["organisation_id", "id"],
    )
    op.alter_column("facts", "case_id", existing_type=sa.UUID(), nullable=True)
    op.add_column("goals", sa.Column("kind", sa.Text(), server_default="GAS", nullable=False))
    op.add_column(
        "instrument_items",
        sa.Column("not_applicable", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("instrument_items", sa.Column("construct", sa.Text(), nullable=True))
    op.add_column(
        "instrument_items",
        sa.Column("safety", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "instrument_scales",
        sa.Column("headline", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("instrument_scales", sa.Column("polarity", sa.Text(), nullable=True))
    op.add_column(
        "instrument_scales",
        sa.Column("any_yes", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "instrument_scales", sa.Column("least_answered", sa.SmallInteger(), nullable=True)
    )
    op.add_column(
        "instrument_scales",
        sa.Column(
            "missing_verified", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
    )
    op.add_column("instrument_scales", sa.Column("loinc", sa.Text(), nullable=True))
    op.add_column("instruments", sa.Column("base_code", sa.Text(), nullable=True))
    op.add_column("instruments", sa.Column("licence_status", sa.Text(), nullable=True))
    op.add_column("instruments", sa.Column("licence_holder", sa.Text(), nullable=True))
    op.add_column("instruments", sa.Column("licence_statement", sa.Text(), nullable=True))
    op.add_column("instruments", sa.Column("permission_statement", sa.Text(), nullable=True))
    op.add_column(
        "instruments",
        sa.Column("permitted_at", postgresql.TIMESTAMP(timezone=True, precision=0), nullable=True),
    )
    op.add_column(
        "instruments",
        sa.Column("worded_at", postgresql.TIMESTAMP(timezone=True, precision=0), nullable=True),
    )
    op.add_column("instruments", sa.Column("instructions", sa.Text(), nullable=True))
    op.add_column("instruments", sa.Column("time_frame", sa.Text(), nullable=True))
    op.add_column("instruments", sa.Column("age_minimum", sa.SmallInteger(), nullable=True))
    op.add_column("instruments", sa.Column("age_maximum", sa.SmallInteger(), nullable=True))
    op.add_column("instruments", sa.Column("signals_from_age", sa.SmallInteger(), nullable=True))
    op.add_column("instruments", sa.Column("loinc", sa.Text(), nullable=True))
    op.add_column("instruments", sa.Column("source", sa.Text(), nullable=True))
    op.add_column(
        "people",
        sa.Column("erased_at", postgresql.TIMESTAMP(timezone=True, precision=0), nullable=True),
    )
    op.add_column(
        "read_ledger", sa.Column("outcome", sa.Text(), server_default="ALLOWED", nullable=False)
    )
    op.add_column(
        "read_ledger",
        sa.Column(
            "transaction",
            tables.Xid8(),
            server_default=sa.text("pg_current_xact_id()"),
            nullable=False,
        ),
    )
    op.add_column(
        "read_ledger",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
    )
    op.create_index(
        op.f("read_ledger_organisation_id_transaction_position_ix"),
        "read_ledger",
        ["organisation_id", "transaction", "position"],
        unique=False,
    )
    op.add_column("signals", sa.Column("informant_id", sa.Uuid(), nullable=True))
    op.add_column("signals", sa.Column("informant_role", sa.Text(), nullable=True))
    op.add_column("signals", sa.Column("instrument_code", sa.Text(), nullable=True))
    op.add_column("signals", sa.Column("scale", sa.Text(), nullable=True))
    op.add_column("signals", sa.Column("party", sa.Text(), nullable=True))
    op.add_column(
        "signals", sa.Column("over", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column(
        "signals",
        sa.Column("heard_at", postgresql.TIMESTAMP(timezone=True, precision=0), nullable=True),
    )
    op.create_foreign_key(
        op.f("signals_informant_id_fkey"),
        "signals",
        "people",
        ["organisation_id", "informant_id"],
        ["organisation_id", "id"],
    )
    op.drop_column("signals", "closed_at")
    op.drop_column("signals", "evidence")
    op.add_column("standing", sa.Column("part2", sa.Boolean(), nullable=True))
    op.execute(
        """ALTER TABLE care_team ADD CONSTRAINT care_team_authority_check CHECK ((authority = ANY (ARRAY['PARENTAL'::text, 'COURT'::text, 'INVITED'::text])))"""
    )
    op.execute("ALTER TABLE comments DROP CONSTRAINT IF EXISTS comments_body_length_check")
    op.execute("ALTER TABLE commitments DROP CONSTRAINT IF EXISTS commitments_wording_length_check")
    op.execute(
        """ALTER TABLE consents ADD CONSTRAINT consents_given_role_check CHECK ((given_role = ANY (ARRAY['CLIENT'::text, 'CAREGIVER'::text])))"""
    )
    op.execute("ALTER TABLE consents DROP CONSTRAINT IF EXISTS consents_kind_check")
    op.execute(
        """ALTER TABLE consents ADD CONSTRAINT consents_kind_check CHECK ((kind = ANY (ARRAY['SUPERVISION'::text, 'RESEARCH'::text, 'EHR'::text, 'AGGREGATES'::text])))"""
    )
    op.execute("ALTER TABLE goal_ratings DROP CONSTRAINT IF EXISTS goal_ratings_level_check")
    op.execute(
        """ALTER TABLE goal_ratings ADD CONSTRAINT goal_ratings_level_check CHECK (((level >= '-2'::integer) AND (level <= 10)))"""
    )
    op.execute(
        "ALTER TABLE goal_versions DROP CONSTRAINT IF EXISTS goal_versions_wording_length_check"
    )
    op.execute(
        """ALTER TABLE goals ADD CONSTRAINT goals_kind_check CHECK ((kind = ANY (ARRAY['GAS'::text, 'ZERO_TO_TEN'::text])))"""
    )
    op.execute(
        """ALTER TABLE read_ledger ADD CONSTRAINT read_ledger_outcome_check CHECK ((outcome = ANY (ARRAY['ALLOWED'::text, 'REFUSED'::text])))"""
    )
    op.execute(
        """ALTER TABLE signals ADD CONSTRAINT signals_informant_role_check CHECK ((informant_role = ANY (ARRAY['CLIENT'::text, 'THERAPIST'::text, 'CAREGIVER'::text])))"""
    )
    op.execute(
        """ALTER TABLE signals ADD CONSTRAINT signals_party_check CHECK ((party = ANY (ARRAY['CLIENT'::text, 'THERAPIST'::text])))"""
    )
    op.execute("ALTER TABLE staff DROP CONSTRAINT IF EXISTS staff_role_check")
    op.execute(
        """ALTER TABLE staff ADD CONSTRAINT staff_role_check CHECK ((role = ANY (ARRAY['MANAGER'::text, 'CLINICIAN'::text, 'RESEARCHER'::text, 'PRIVACY_OFFICER'::text, 'EHR'::text])))"""
    )
    op.execute("ALTER TABLE standing DROP CONSTRAINT IF EXISTS standing_relation_check")
    op.execute(
        """ALTER TABLE standing ADD CONSTRAINT standing_relation_check CHECK ((relation = ANY (ARRAY['CLIENT'::text, 'THERAPIST'::text, 'SUPERVISOR'::text, 'CAREGIVER'::text, 'EHR'::text, 'BREAK_GLASS'::text])))"""
    )
    enact("0002_law.sql")


def downgrade() -> None:
    repeal()
    op.drop_column("standing", "part2")
    op.add_column(
        "signals",
        sa.Column(
            "evidence",
            postgresql.JSONB(astext_type=sa.Text()),
            autoincrement=False,
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    )
    op.add_column(
        "signals",
        sa.Column(
            "closed_at",
            postgresql.TIMESTAMP(timezone=True, precision=0),
            autoincrement=False,
            nullable=True,
        ),
    )
    op.drop_constraint(op.f("signals_informant_id_fkey"), "signals", type_="foreignkey")
    op.drop_column("signals", "heard_at")
    op.drop_column("signals", "over")
    op.drop_column("signals", "party")
    op.drop_column("signals", "scale")
    op.drop_column("signals", "instrument_code")
    op.drop_column("signals", "informant_role")
    op.drop_column("signals", "informant_id")
    op.drop_index(
        op.f("read_ledger_organisation_id_transaction_position_ix"), table_name="read_ledger"
    )
    op.drop_column("read_ledger", "position")
    op.drop_column("read_ledger", "transaction")
    op.drop_column("read_ledger", "outcome")
    op.drop_column("people", "erased_at")
    op.drop_column("instruments", "source")
    op.drop_column("instruments", "loinc")
    op.drop_column("instruments", "signals_from_age")
    op.drop_column("instruments", "age_maximum")
    op.drop_column("instruments", "age_minimum")
    op.drop_column("instruments", "time_frame")
    op.drop_column("instruments", "instructions")
    op.drop_column("instruments", "worded_at")
    op.drop_column("instruments", "permitted_at")
    op.drop_column("instruments", "permission_statement")
    op.drop_column("instruments", "licence_statement")
    op.drop_column("instruments", "licence_holder")
    op.drop_column("instruments", "licence_status")
    op.drop_column("instruments", "base_code")
    op.drop_column("instrument_scales", "loinc")
    op.drop_column("instrument_scales", "missing_verified")
    op.drop_column("instrument_scales", "least_answered")
    op.drop_column("instrument_scales", "any_yes")
    op.drop_column("instrument_scales", "polarity")
    op.drop_column("instrument_scales", "headline")
    op.drop_column("instrument_items", "safety")
    op.drop_column("instrument_items", "construct")
    op.drop_column("instrument_items", "not_applicable")
    op.drop_column("goals", "kind")
    op.alter_column("facts", "case_id", existing_type=sa.UUID(), nullable=False)
    op.drop_constraint(op.f("consents_assented_by_fkey"), "consents", type_="foreignkey")
    op.drop_constraint(op.f("consents_withdrawn_by_fkey"), "consents", type_="foreignkey")
    op.drop_column("consents", "withdrawn_by")
    op.drop_column("consents", "assented_at")
    op.drop_column("consents", "assented_by")
    op.drop_column("consents", "given_role")
    op.drop_column("concordances", "gap_upper")
    op.drop_column("concordances", "gap_lower")
    op.drop_column("concordances", "gap_n")
    op.drop_column("concordances", "gap_value")
    op.drop_column("changes", "status_method_version")
    op.drop_column("changes", "status_method_id")
    op.drop_column("changes", "status_source")
    op.drop_column("changes", "status_points")
    op.drop_column("changes", "status_cut")
    op.drop_column("changes", "status_reason")
    op.drop_column("changes", "baseline_status")
    op.drop_column("changes", "previous_status")
    op.drop_column("cases", "part2")
    op.drop_column("cases", "jurisdiction")
    op.drop_column("care_team", "authority")
    op.drop_column("attainments", "rated_upper")
    op.drop_column("attainments", "rated_lower")
    op.drop_column("attainments", "rated_n")
    op.drop_column("attainments", "rated_value")
    op.drop_column("attainments", "rated_latest")
    op.drop_column("attainments", "rated_first")
    op.drop_table("signal_evidence")
    op.drop_table("findings")
    op.drop_index(op.f("notes_organisation_id_case_id_written_at_id_ix"), table_name="notes")
    op.drop_table("notes")
    op.drop_table("goal_levels")
    op.drop_table("research_subjects")
    op.drop_table("preferences")
    op.drop_index(op.f("emergencies_organisation_id_case_id_ix"), table_name="emergencies")
    op.drop_table("emergencies")
    op.drop_table("team_members")
    op.drop_table("person_keys")
    op.drop_index(op.f("legal_holds_organisation_id_person_id_ix"), table_name="legal_holds")
    op.drop_table("legal_holds")
    op.drop_table("erasures")
    op.drop_table("instrument_reports")
    op.drop_table("instrument_records")
    op.drop_table("instrument_norms")
    op.drop_table("instrument_bands")
    op.drop_table("instrument_anchors")
    op.drop_table("teams")
    op.drop_index(
        op.f("research_records_organisation_id_pseudonym_ix"), table_name="research_records"
    )
    op.drop_table("research_records")
    op.drop_table("ledger_seals")
    op.drop_table("aggregates")
    op.drop_table("aggregate_sets")
    op.execute("ALTER TABLE standing DROP CONSTRAINT IF EXISTS standing_relation_check")
    op.execute("ALTER TABLE staff DROP CONSTRAINT IF EXISTS staff_role_check")
    op.execute("ALTER TABLE signals DROP CONSTRAINT IF EXISTS signals_party_check")
    op.execute("ALTER TABLE signals DROP CONSTRAINT IF EXISTS signals_informant_role_check")
    op.execute("ALTER TABLE read_ledger DROP CONSTRAINT IF EXISTS read_ledger_outcome_check")
    op.execute("ALTER TABLE goals DROP CONSTRAINT IF EXISTS goals_kind_check")
    op.execute("ALTER TABLE goal_ratings DROP CONSTRAINT IF EXISTS goal_ratings_level_check")
    op.execute("ALTER TABLE consents DROP CONSTRAINT IF EXISTS consents_kind_check")
    op.execute("ALTER TABLE consents DROP CONSTRAINT IF EXISTS consents_given_role_check")
    op.execute("ALTER TABLE care_team DROP CONSTRAINT IF EXISTS care_team_authority_check")
    op.execute(
        """ALTER TABLE comments ADD CONSTRAINT comments_body_length_check CHECK (((char_length(body) >= 1) AND (char_length(body) <= 4000))) NOT VALID"""
    )
    op.execute(
        """ALTER TABLE commitments ADD CONSTRAINT commitments_wording_length_check CHECK (((char_length(wording) >= 1) AND (char_length(wording) <= 2000))) NOT VALID"""
    )
    op.execute(
        """ALTER TABLE consents ADD CONSTRAINT consents_kind_check CHECK ((kind = ANY (ARRAY['SUPERVISION'::text, 'RESEARCH'::text, 'EHR'::text]))) NOT VALID"""
    )
    op.execute(
        """ALTER TABLE goal_ratings ADD CONSTRAINT goal_ratings_level_check CHECK (((level >= '-2'::integer) AND (level <= 2))) NOT VALID"""
    )
    op.execute(
        """ALTER TABLE goal_versions ADD CONSTRAINT goal_versions_wording_length_check CHECK (((char_length(wording) >= 1) AND (char_length(wording) <= 2000))) NOT VALID"""
    )
    op.execute(
        """ALTER TABLE staff ADD CONSTRAINT staff_role_check CHECK ((role = 'MANAGER'::text)) NOT VALID"""
    )
    op.execute(
        """ALTER TABLE standing ADD CONSTRAINT standing_relation_check CHECK ((relation = ANY (ARRAY['CLIENT'::text, 'THERAPIST'::text, 'SUPERVISOR'::text, 'CAREGIVER'::text]))) NOT VALID"""
    )
    enact("0001_law.sql")
