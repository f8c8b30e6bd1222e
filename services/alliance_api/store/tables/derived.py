"""What is derived of a case, for each audience."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Double,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    text,
)

from .base import (
    PARTIES,
    SECONDS,
    by,
    col,
    estimate,
    for_audience,
    key,
    metadata,
    of_a_series,
    one_of,
    rate,
    refers,
    tenant,
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
