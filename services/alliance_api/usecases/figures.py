"""What is said of one series of scores, or of two that belong together, as rows: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from statistics import fmean
from typing import Any
from uuid import UUID

from alliance_api.domain.beyond_noise import METHOD as BEYOND_NOISE
from alliance_api.domain.beyond_noise import SHARE_OF_RANGE, beyond_noise_rule
from alliance_api.domain.change import METHOD as CHANGE_METHOD
from alliance_api.domain.change import change, preferred, score_interval
from alliance_api.domain.charts import METHOD as CHART
from alliance_api.domain.charts import chart
from alliance_api.domain.concordance import METHOD as CONCORDANCE
from alliance_api.domain.concordance import PREDICTION_METHOD, Rating, concordance, prediction
from alliance_api.domain.drift import CUSUM_METHOD, EWMA_METHOD
from alliance_api.domain.episodes import Episode, episodes
from alliance_api.domain.intervals import Estimate
from alliance_api.domain.norms import Norm
from alliance_api.domain.psychometrics import ceiling
from alliance_api.domain.ruptures import DROP_1SD, DROP_2SD, drops
from alliance_api.domain.shapes import METHOD as SHAPE
from alliance_api.domain.shapes import trajectory
from alliance_api.domain.slow_falls import slow_falls
from alliance_api.instruments.alliance import is_alliance
from alliance_api.instruments.loader import load_all
from alliance_api.instruments.pairs import Pair, pairs
from alliance_api.store.derived import SERIES_KEY
from alliance_api.store.rows import Found

from . import derive_outcomes as outcomes

BASELINE_FORMS = 3
# A new version of any of these derives every series anew.
METHODS = (
    CHART,
    CHANGE_METHOD,
    SHAPE,
    DROP_1SD,
    DROP_2SD,
    BEYOND_NOISE,
    EWMA_METHOD,
    CUSUM_METHOD,
    CONCORDANCE,
    PREDICTION_METHOD,
    *outcomes.METHODS,
)

Rows = list[dict[str, Any]]
Series = Sequence[Found]
Key = tuple[Any, ...]


@lru_cache(maxsize=2048)
def basis(code: str, scale: str) -> str:
    """Return what a series of this scale is judged by, beside its scores: when it differs, so may
    every figure.
    """  # noqa: D205 - one sentence, two lines
    methods = [f"{method.id}@{method.version}" for method in METHODS]
    norm = norm_of(code, scale)
    judge = outcomes.judge_of(code, scale, norm)
    return f"{methods} {norm!r} {pairs(code)!r} {judge!r}"


@lru_cache(maxsize=2048)
def norm_of(code: str, scale: str) -> Norm | None:
    """Return the norm to judge change on a scale by, if there is one."""
    instrument = load_all().get(code)
    scales = instrument.scales if instrument else ()
    return preferred(next((each.norms for each in scales if each.key == scale), ()))


def _values(scores: Series) -> list[float]:
    return [row["raw"] for row in scores]


def chart_of(scores: Series) -> dict[str, Any]:
    """Return a series' control chart, shape and ceiling."""
    values, at = _values(scores), [row["taken_at"] for row in scores]
    maximum = scores[0]["maximum"]
    found, shape, top = (
        chart(values, at, maximum=maximum),
        trajectory(values),
        ceiling(values, maximum),
    )
    limits = found.limits
    return {
        "n": len(values),
        "baseline_n": limits.n if limits else None,
        "provisional": found.standing.value == "PROVISIONAL" if found.standing else None,
        "centre": limits.mean if limits else None,
        "lower": limits.lower if limits else None,
        "upper": limits.upper if limits else None,
        "false_alarm_rate": found.false_alarm_rate,
        "reason": found.reason.value if found.reason else None,
        "ceiling_share": top.share if top else None,
        "at_ceiling": top.flagged if top else None,
        "shape": shape.shape.value if shape.shape else None,
        **_estimate("slope", shape.slope),
        "method_id": found.method.id,
        "method_version": found.method.version,
    }


def _estimate(name: str, found: Estimate | None) -> dict[str, Any]:
    lower, upper = (found.interval if found else None) or (None, None)
    return {
        f"{name}_value": found.value if found else None,
        f"{name}_n": found.n if found else None,
        f"{name}_lower": lower,
        f"{name}_upper": upper,
    }


def changes_of(scores: Series, norm: Norm | None, since: int = 0) -> Rows:
    """Return the changes from one score on: what is said of each rests on it and earlier ones."""
    values = _values(scores)
    judge = outcomes.judge_of(scores[0]["instrument_code"], scores[0]["scale"], norm)
    first = outcomes.BASELINE_FORMS if judge else BASELINE_FORMS
    rows = []
    for index, row in enumerate(scores[since:], since):
        before = values[index - 1] if index else None
        # The first forms are the baseline, so that they are not compared with themselves.
        base = fmean(values[:first]) if index >= first else None
        interval = score_interval(row["raw"], norm).interval or (None, None)
        rows.append(
            {
                "measurement_id": row["measurement_id"],
                "interval_lower": interval[0],
                "interval_upper": interval[1],
                **_change("previous", before, row["raw"], norm, "FIRST"),
                **_change("baseline", base, row["raw"], norm, "BASELINE"),
                **_norm_columns(norm),
                **outcomes.columns(judge, before, base, row["raw"]),
                "method_id": CHANGE_METHOD.id,
                "method_version": CHANGE_METHOD.version,
            }
        )
    return rows


def _change(
    name: str, before: float | None, after: float, norm: Norm | None, reason: str
) -> dict[str, Any]:
    found = change(before, after, norm) if before is not None else None
    return {
        f"{name}_difference": found.difference if found else None,
        f"{name}_index": found.rci if found else None,
        f"{name}_direction": found.direction.value if found and found.direction else None,
        f"{name}_reason": found.reason if found else reason,
    }


def _norm_columns(norm: Norm | None) -> dict[str, Any]:
    return {
        "norm_sd": norm.sd if norm else None,
        "norm_reliability": norm.reliability if norm else None,
        "norm_kind": norm.reliability_kind.value if norm else None,
        "norm_population": norm.population if norm else None,
        "norm_source": norm.source if norm else None,
        "norm_verified": norm.verified if norm else None,
    }


def ruptures_of(scores: Series, norm: Norm | None) -> Rows:
    """Return the ruptures and slow falls of a series, as each rule finds them.

    Of what is no alliance, none.
    """
    first, values = scores[0], _values(scores)
    if not is_alliance(first["instrument_code"], first["scale"]):
        return []
    between = norm.sd if norm else None
    sd = between or SHARE_OF_RANGE * (first["maximum"] - first["minimum"])
    found = [
        *episodes(values, beyond_noise_rule(values, sd)),
        *drops(values, k=1, between_sd=between),
        *drops(values, k=2, between_sd=between),
        *slow_falls(values, [row["taken_at"] for row in scores]),
    ]
    return [_rupture(scores, episode) for episode in found]


def _rupture(scores: Series, episode: Episode) -> dict[str, Any]:
    def at(index: int | None) -> UUID | None:
        return None if index is None else scores[index]["measurement_id"]

    return {
        "start_id": at(episode.start),
        "nadir_id": at(episode.nadir),
        "repair_id": at(episode.repair),
        "depth": episode.depth,
        "pattern": episode.pattern.value if episode.pattern else None,
        "over": episode.over,
        "method_id": episode.method.id,
        "method_version": episode.method.version,
    }


def concordances_of(case: UUID, audience: str, series: Mapping[Key, Series]) -> Rows:
    """Compare each therapist with the client, by the forms that belong together."""
    return [
        {"case_id": case, "audience": audience, **_concordance(mine, theirs, pair)}
        for (code, role, scale, _), mine in series.items()
        if role == "CLIENT"
        for pair in pairs(code)
        for key, theirs in series.items()
        if key[:3] == (pair.form, "THERAPIST", scale)
    ]


def _concordance(client: Series, therapist: Series, pair: Pair) -> dict[str, Any]:
    truth, judgment, parallel = _by_session(client), _by_session(therapist), pair.item_parallel
    found = (
        prediction(judgment, truth, item_parallel=parallel)
        if pair.foresees
        else concordance(truth, judgment, item_parallel=parallel)
    )
    return {
        **{name: therapist[0][name] for name in SERIES_KEY[1:]},
        "client_code": client[0]["instrument_code"],
        "n": found.n,
        "unit": found.unit.value,
        **_estimate("bias", found.bias),
        **_estimate("tracking", found.tracking),
        **_estimate("correlation", found.correlation),
        **_estimate("gap", found.absolute_gap),
        "reason": found.reason,
        "method_id": found.method.id,
        "method_version": found.method.version,
    }


def _by_session(scores: Series) -> dict[str, Rating]:
    return {
        str(row["session_id"]): Rating(row["raw"], row["pomp"])
        for row in scores
        if row["session_id"] is not None and row["pomp"] is not None
    }
