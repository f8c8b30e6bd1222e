"""What every table is made of: the words for columns, keys and constraints."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
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


OFFICES = ("MANAGER", "CLINICIAN", "RESEARCHER", "PRIVACY_OFFICER", "EHR", "NOTIFIER")


DIMENSIONS = ("DIRECTIVENESS", "EMOTIONAL_INTENSITY", "PAST_ORIENTATION", "WARM_SUPPORT")


PARTIES = ("CLIENT", "THERAPIST")


def informed() -> tuple[Any, ...]:
    """Return the columns by which the charter judges what an informant said."""
    return (
        col("case_id", Uuid),
        col("informant_id", Uuid),
        col("informant_role", Text),
        col("sealed_for", ARRAY(Uuid), default=text("'{}'")),
        col("to_caregivers", Boolean, default=text("false")),
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
