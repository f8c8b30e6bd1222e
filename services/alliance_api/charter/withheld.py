"""Why something is present but not shown, as a view that asks the law itself.

Whether a facet is visible is never computed twice: the view looks, as its reader, whether a row is
there. Only the reason is worked out, from what the reader may see of the measurement.
"""

from __future__ import annotations

from .facets import ANSWERS, SCORES
from .policies import API, ME, gate, standing
from .relations import Relation

_SUPERVISED = f"m.case_id IN {standing((Relation.SUPERVISOR,))}"
# Of whom nothing is left but that there was something.
_ERASED = (
    "EXISTS (SELECT FROM people p WHERE p.organisation_id = m.organisation_id "
    "AND p.id = m.informant_id AND p.erased_at IS NOT NULL)"
)
_CONSENTED = f"m.case_id IN {standing((Relation.SUPERVISOR,), consented=True)}"


def _visible(table: str) -> str:
    return (
        f"EXISTS (SELECT FROM {table} f WHERE f.organisation_id = m.organisation_id "
        "AND f.measurement_id = m.id)"
    )


def _reason(table: str, opens: str, scope: str, *, trend_only: bool) -> str:
    own = f"m.informant_id = {ME}"
    rules = [
        (_visible(table), "NULL"),
        (f"NOT coalesce({gate((scope,))}, false)", "'SCOPE'"),
        (own, "NULL"),
        (_ERASED, "'ERASED'"),
        # What a supervisor is never shown, and what the client's consent would show them.
        (
            _SUPERVISED if trend_only else f"{_SUPERVISED} AND NOT {_CONSENTED}",
            "'PRIVATE'" if trend_only else "'NO_CONSENT'",
        ),
        (f"m.{opens} > now()", "'NOT_YET'"),
        (f"m.{opens} IS NULL", "'TREND_ONLY'" if trend_only else "'PRIVATE'"),
        (f"{ME} = ANY (m.sealed_for)", "'RATE_FIRST'"),
    ]
    whens = " ".join(f"WHEN {condition} THEN {reason}" for condition, reason in rules)
    return f"CASE {whens} ELSE 'PRIVATE' END"


WITHHELD_VIEW = f"""CREATE VIEW withheld WITH (security_invoker = true) AS
SELECT m.organisation_id, m.id AS measurement_id, w.facet, w.reason
FROM measurements m CROSS JOIN LATERAL (VALUES
  ('SCORES', {_reason("scores", "scores_open_at", SCORES, trend_only=False)}),
  ('ANSWERS', {_reason("answers", "answers_open_at", ANSWERS, trend_only=True)}),
  ('COMMENT', CASE WHEN m.has_comment
              THEN {_reason("comments", "answers_open_at", ANSWERS, trend_only=True)} END)
) AS w (facet, reason)
WHERE w.reason IS NOT NULL;
REVOKE ALL ON withheld FROM PUBLIC;
GRANT SELECT ON withheld TO {API};
"""
