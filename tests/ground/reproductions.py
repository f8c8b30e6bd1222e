"""Every worked example of the fact sheet done again by the code, whole: each figure it expects.

A reproduction takes the inputs of a row and returns what the row expects, in its shape. It renames
and arranges; what it calculates beside the domain is a mean, a variance or the textbook's 2.66.
"""

import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alliance_api.domain.answers import value_of_mark
from alliance_api.domain.attainment import attainment, attainment_t, rating_change
from alliance_api.domain.attendance import delay_minutes, is_late_notice, notice, on_time
from alliance_api.domain.case_mix import Stratum, decompose, observed_expected
from alliance_api.domain.change import direction, rci, reliable_points, s_diff, sem
from alliance_api.domain.charts import Limits, chart, limits, moving_ranges
from alliance_api.domain.commitments import CommitmentOutcome, CommitmentRecord, follow_through
from alliance_api.domain.concordance import compare, level_difference
from alliance_api.domain.drift import ewma
from alliance_api.domain.icc import icc
from alliance_api.domain.instruments import Scale
from alliance_api.domain.intervals import Estimate
from alliance_api.domain.norms import Norm, Polarity, ReliabilityKind
from alliance_api.domain.parties import PartyRole
from alliance_api.domain.pooling import components
from alliance_api.domain.psychometrics import alpha, ceiling, rescale, t_score
from alliance_api.domain.recovery import cuts, status
from alliance_api.domain.reminder_effect import ReminderEffect, expected_effect, reminder_effect
from alliance_api.domain.ruptures import drops, spread_before
from alliance_api.domain.scoring import any_yes, bands, pomp, reverse, score
from alliance_api.domain.shapes import Fit, linear, quadratic
from alliance_api.domain.statistics import median
from alliance_api.domain.zones import zones
from alliance_api.instruments.loader import load_all
from tests.ground.known import a_form, filled_in, in_order

Inputs = Any
Reproduction = Callable[[Inputs], Any]

ROUNDED = 1.5e-6
"""The rows print six decimals, and one of their inputs (an SD in CH03) only five."""


@dataclass(frozen=True, slots=True)
class Compared:
    """How many figures of a row were compared, and those that did not come out."""

    figures: int
    differences: tuple[str, ...]


def reproduce(row: Mapping[str, Any]) -> Compared:
    """Return how a row's expectations compare with what the code says.

    Raises:
        KeyError: for a row nobody reproduces.
    """
    found = REPRODUCTIONS[row["id"]](row["inputs"])
    leaves = list(_leaves(row["expected"], found, row["id"]))
    return Compared(len(leaves), tuple(text for text in leaves if text))


def _leaves(expected: Any, found: Any, path: str) -> Iterator[str]:
    """Yield for each figure what is wrong with it, or an empty text."""
    if isinstance(expected, Mapping):
        keys = set(expected) | (set(found) if isinstance(found, Mapping) else set())
        for key in sorted(keys):
            there = isinstance(found, Mapping) and key in found
            if key not in expected or not there:
                yield f"{path}.{key}: only one side has it"
            else:
                yield from _leaves(expected[key], found[key], f"{path}.{key}")
    elif isinstance(expected, list):
        same = isinstance(found, list | tuple) and len(found) == len(expected)
        if not expected or not same:
            yield "" if same else f"{path}: expected {expected}, found {found}"
            return
        for index, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from _leaves(one, other, f"{path}[{index}]")
    else:
        yield "" if _same(expected, found) else f"{path}: expected {expected}, found {found}"


def _same(expected: Any, found: Any) -> bool:
    if isinstance(expected, bool | str) or expected is None or found is None:
        return type(expected) is type(found) and bool(expected == found)
    return bool(found == pytest.approx(expected, abs=ROUNDED, rel=0))


def _value(found: Estimate | None) -> float:
    assert found is not None
    return found.value


def _from_one(indices: tuple[int, ...]) -> list[int]:
    return [index + 1 for index in indices]


# Attendance


def _notices(inputs: Inputs) -> Any:
    def one(case: Mapping[str, str]) -> Any:
        zone = ZoneInfo(case["tz"])
        start, cancelled = (
            datetime.fromisoformat(case[name]).replace(tzinfo=zone)
            for name in ("start", "cancelled")
        )
        given = notice(start, cancelled)
        return {
            "notice_hours_utc": given / timedelta(hours=1),
            "late_lt_24h": is_late_notice(given),
        }

    return [one(case) for case in inputs]


def _delays(inputs: Inputs) -> Any:
    delays = [
        delay_minutes(*(datetime.fromisoformat(f"2025-05-02T{at}Z") for at in pair))
        for pair in inputs["scheduled_actual"]
    ]
    punctual = [on_time(delay, inputs["grace_min"]) for delay in delays]
    return {
        "delays": delays,
        "on_time": sum(punctual),
        "on_time_share": sum(punctual) / len(punctual),
        "median": median(delays),
        "mean_clipped": statistics.fmean(max(0.0, delay) for delay in delays),
    }


def _commitments(inputs: Inputs) -> Any:
    words = {
        "done": CommitmentOutcome.KEPT,
        "missed": CommitmentOutcome.MISSED,
        "withdrawn": CommitmentOutcome.WITHDRAWN,
        "open": CommitmentOutcome.OPEN,
    }

    def day(n: int | None) -> date | None:
        return None if n is None else date(2025, 5, 1) + timedelta(days=n)

    records = [
        CommitmentRecord(
            PartyRole(each["by"].upper()),
            day(each["due"]),
            words[each["st"]],
            day(each.get("done")),
        )
        for each in inputs
    ]
    found = {owner.lower(): follow_through(owner, records) for owner in PartyRole}
    return {
        owner: {
            "n": each.completed.denominator,
            # A rate of fewer than five is not shown; the row is about its parts.
            "completed": each.completed.numerator / each.completed.denominator,
            "on_time": each.on_time.numerator / each.on_time.denominator,
        }
        for owner, each in found.items()
    }


def _reminders(inputs: Inputs) -> Any:
    def absolute(found: ReminderEffect) -> dict[str, float | None]:
        return {"ARD": found.difference, "NNR": found.number}

    cochrane = reminder_effect(*inputs["cochrane"])
    youssef = reminder_effect(*(1 - share for share in inputs["youssef_nonattend"]))
    return {
        "cochrane": {"crude_RR": cochrane.ratio, **absolute(cochrane)},
        "youssef": {
            "RR_attend": youssef.ratio,
            "RR_nonattend": youssef.missed_ratio,
            **absolute(youssef),
        },
        "pooled_RR1.14_at_base": {
            base: absolute(expected_effect(float(base), 1.14))
            for base in ("0.6", "0.7", "0.8", "0.85")
        },
    }


# Change


def _norm(sd: float, reliability: float) -> Norm:
    return Norm(sd, reliability, ReliabilityKind.ALPHA, "made up", "made up")


def _jacobson_truax(inputs: Inputs) -> Any:
    norm = _norm(inputs["sd_clin"], inputs["rxx"])
    clinical = inputs["m_clin"], inputs["sd_clin"]
    found = cuts(clinical, (inputs["m_func"], inputs["sd_func"]), Polarity.HIGHER_IS_BETTER)
    return {
        "SEM": sem(norm.sd, norm.reliability),
        "S_diff": s_diff(norm.sd, norm.reliability),
        "RCI": rci(inputs["pre"], inputs["post"], norm),
        "cutoffs": {"a": found.a, "b": found.b, "c": found.c},
        "reliable_change_points_95": reliable_points(norm),
    }


def _reliable_points(inputs: Inputs) -> Any:
    norms = [_norm(each["sd"], each["r"]) for each in inputs]
    return [
        {
            "SEM": sem(norm.sd, norm.reliability),
            "S_diff": s_diff(norm.sd, norm.reliability),
            "RC95": reliable_points(norm),
            "RC90": reliable_points(norm, 1.645),
            "RC80": reliable_points(norm, 1.282),
        }
        for norm in norms
    ]


def _statuses(inputs: Inputs) -> Any:
    return {
        name: [status(direction(each), polarity, crossed=False).lower() for each in inputs["rci"]]
        for name, polarity in (
            ("higher_better", Polarity.HIGHER_IS_BETTER),
            ("lower_better", Polarity.LOWER_IS_BETTER),
        )
    }


def _alpha(inputs: Inputs) -> Any:
    rows = inputs["rows"]
    return {
        "alpha": alpha(rows),
        "var_total": statistics.variance(map(sum, rows)),
        "sum_item_var": sum(statistics.variance(item) for item in zip(*rows, strict=True)),
    }


# Charts


def _limits(found: Limits | None, x: list[float]) -> dict[str, Any]:
    assert found is not None
    return {
        "mean": found.mean,
        "MRbar": found.range,
        "sigma_hat": found.sigma,
        "UCL": found.upper,
        "LCL": found.lower,
        "UCL_2.66": found.mean + 2.66 * found.range,
        "LCL_2.66": found.mean - 2.66 * found.range,
        "MR_UCL": found.range_upper,
        "MR": moving_ranges(x),
    }


def _individuals(inputs: Inputs) -> Any:
    return _limits(limits(inputs["x"]), inputs["x"])


def _frozen(inputs: Inputs) -> Any:
    x, n = inputs["x"], inputs["baseline_n"]
    found, of_all = chart(x, baseline=n), limits(x)
    assert found.limits is not None
    assert of_all is not None
    return {
        **_limits(found.limits, x[:n]),
        "below_LCL": _from_one(found.below),
        # The domain does not list points above: they are no alarm.
        "above_UCL": [i for i, value in enumerate(x, 1) if i > n and value > found.limits.upper],
        "all_points": _limits(of_all, x),
        "all_points_below_LCL": [i for i, value in enumerate(x, 1) if value < of_all.lower],
    }


def _ewma(inputs: Inputs) -> Any:
    found = {
        name: ewma(
            inputs["x"],
            inputs["mu0"],
            inputs["sigma"],
            weight=inputs["lambda"],
            width=inputs["L"],
            asymptotic=name == "asymptotic",
        )
        for name in ("asymptotic", "exact_time_varying")
    }
    return {
        name: {
            "z": each.smoothed,
            "limits_last": [each.lower[-1], each.upper[-1]],
            "limits_first": [each.lower[0], each.upper[0]],
            "signal_at": _from_one(each.below),
        }
        for name, each in found.items()
    }


def _zones(inputs: Inputs) -> Any:
    found = zones(inputs["x"], inputs["mean"], inputs["sigma"])
    return {
        "1_beyond_3s": _from_one(found.one_beyond_three),
        "2of3_beyond_2s": _from_one(found.two_of_three_beyond_two),
        "4of5_beyond_1s": _from_one(found.four_of_five_beyond_one),
        "8_one_side": _from_one(found.eight_below),
    }


# Dyads


def _truth_and_bias(inputs: Inputs) -> Any:
    found = compare(inputs["client_T"], inputs["therapist_J"])
    pairs = list(zip(inputs["therapist_J"], inputs["client_T"], strict=True))
    return {
        "directional_bias": _value(found.bias),
        "truth_force": _value(found.tracking),
        "temporal_r": _value(found.correlation),
        "mean_diff_T_minus_C": _value(level_difference(pairs)),
        "mean_abs_diff": _value(found.absolute_gap),
    }


def _icc(inputs: Inputs) -> Any:
    pairs = inputs["pairs_client_therapist"]
    found = icc(pairs)
    assert found is not None
    over_dyads = compare([client for client, _ in pairs], [therapist for _, therapist in pairs])
    return {
        "BMS": found.between,
        "WMS": found.within,
        "JMS": found.raters,
        "EMS": found.residual,
        "ICC(1,1)": found.one_way.value,
        "ICC(2,1)": found.absolute.value,
        "ICC(3,1)": found.consistency.value,
        "ICC(1,k)": found.one_way_of_mean.value,
        "ICC(2,k)": found.absolute_of_mean.value,
        "ICC(3,k)": found.consistency_of_mean.value,
        "pearson": _value(over_dyads.correlation),
        "mean_diff_client_minus_therapist": _value(level_difference([(c, t) for c, t in pairs])),
    }


def _within_between(inputs: Inputs) -> Any:
    series = inputs["series"]
    found, variances = decompose(series), components(series)
    assert found is not None
    assert variances is not None
    return {
        "grand": found.grand,
        "between": found.between,
        "within": found.within,
        "var_between_means": statistics.variance(map(statistics.fmean, series.values())),
        "ms_within": variances.within,
        "ICC1": variances.icc,
    }


def _observed_expected(inputs: Inputs) -> Any:
    strata = inputs["strata"].values()
    found = observed_expected(
        [Stratum(each["ref_rate"], each["n"], each["obs"]) for each in strata]
    )
    return {"O": found.observed, "E": found.expected, "O_over_E": found.ratio}


# Goals


def _attainments(inputs: Inputs) -> Any:
    return {f"n{n}": [attainment_t([level] * n) for level in inputs["levels"]] for n in inputs["n"]}


def _attainment_change(inputs: Inputs) -> Any:
    found = attainment(inputs["baseline"], inputs["follow"])
    return {"T0": found.baseline, "T1": found.follow_up, "change": found.change}


def _attainment_guards(inputs: Inputs) -> Any:
    def one(case: str) -> float | str | None:
        given: dict[str, tuple[list[int], list[float] | None]] = {
            "[]": ([], None),
            "w=[0,0]": ([0, 1], [0, 0]),
            "x=[3]": ([3], None),
        }
        try:
            return attainment_t(*given[case])
        except ValueError:
            return "validation error"

    return {"result": [one(case) for case in inputs["cases"]]}


def _ratings(inputs: Inputs) -> Any:
    def one(before: list[float | None], after: list[float | None]) -> Any:
        one, other = (dict(zip("abc", values, strict=True)) for values in (before, after))
        found = rating_change(one, other)
        assert found.direction is not None
        return {
            "n": found.n,
            "mean_change": _value(found.mean),
            "reliable": found.direction.lower(),
            "per_goal": [each.lower() for each in found.goals.values()],
        }

    return {"a": one(inputs["t1"], inputs["t2"]), "b": one(inputs["t1b"], inputs["t2b"])}


def _problems(inputs: Inputs) -> Any:
    form = a_form(4, 0, 5, Scale("total", (1, 2, 3, 4), max_missing=1))
    return {name: score(form, in_order(*values))[0].raw for name, values in inputs.items()}


# Psychometrics


def _pomp(inputs: Inputs) -> Any:
    return {"pomp": [pomp(*case) for case in inputs["cases"]]}


def _t_scores(inputs: Inputs) -> Any:
    return {name: t_score(each["x"], each["m"], each["s"]) for name, each in inputs.items()}


def _ceiling(inputs: Inputs) -> Any:
    found = ceiling(inputs["totals"], inputs["max"])
    assert found is not None
    return {"share": found.share, "flag": found.flagged}


def _mixed_metrics(inputs: Inputs) -> Any:
    raw = inputs["raw"]
    mapped = {n: rescale(raw[n], (0, 100), (1, 9)) for n in ("4", "6")}
    return {
        "mapped": mapped,
        "credibility_sum": raw["1"] + raw["2"] + raw["3"],
        "expectancy_sum_mapped": mapped["4"] + raw["5"] + mapped["6"],
    }


# Ruptures


def _drops(inputs: Inputs) -> Any:
    x, between = inputs["x"], inputs["between_sd"]

    def found(k: int) -> Any:
        episodes = drops(
            x, k=k, between_sd=between, window=inputs["window"], tolerance=inputs["tol_sd"]
        )
        return [
            {
                "session": each.start + 1,
                "pre": x[each.start - 1],
                "drop": x[each.start] - x[each.start - 1],
                "nadir": x[each.nadir],
                "repair_session": None if each.repair is None else each.repair + 1,
                "repaired": each.repair is not None,
            }
            for each in episodes
        ]

    return {
        "intra_sd": spread_before(x, len(x)),
        "used_sd": spread_before(x, len(x), between),
        "k1": found(1),
        "k2": found(2),
        "session_changes": [after - before for before, after in pairwise(x)],
    }


def _shapes(inputs: Inputs) -> Any:
    def told(fit: Fit) -> Any:
        return {"coef": list(fit.coefficients), "R2": fit.r_squared}

    return {
        name: {"deg1": told(linear(x)), "deg2": told(quadratic(x))} for name, x in inputs.items()
    }


# Scoring


def _scores(code: str, answers: Mapping[str, float | None]) -> dict[str, dict[str, float | None]]:
    scored = score(load_all()[code], filled_in(answers))
    return {
        "sum": {each.scale: each.raw for each in scored},
        "mean": {each.scale: each.mean for each in scored},
    }


def _sums_and_means(inputs: Inputs) -> Any:
    return _scores("wai-sr-c", inputs["items"])


def _sums_of(code: str) -> Reproduction:
    return lambda inputs: {"sum": _scores(code, inputs["items"])["sum"]}


def _care(inputs: Inputs) -> Any:
    care = load_all()["care"]
    return {name: score(care, in_order(*form))[0].raw for name, form in inputs.items()}


def _marks(inputs: Inputs) -> Any:
    form = load_all()["srs-3"]
    found: dict[str, Any] = {}
    for length in ("100", "142.5"):
        marks = inputs[f"mm_on_{length}mm_line"]
        values = [value_of_mark(form.items[0], mark, float(length)) for mark in marks]
        name = f"{length.replace('.', '_')}mm"
        found[f"items_{name}"] = values
        found[f"total_{name}"] = score(form, in_order(*values))[0].raw
    return found


def _preferences(inputs: Inputs) -> Any:
    form = load_all()["c-nip-1.1"]
    sums = _scores(form.code, inputs["items"])["sum"]
    held = {scale.key: bands(scale, sums[scale.key]) for scale in form.scales}
    words = {key: found[0].key if found else "no-strong-preference" for key, found in held.items()}
    return {
        "sums": {key.replace("-", "_"): raw for key, raw in sums.items()},
        "class": {key.replace("-", "_"): word.replace("-", "_") for key, word in words.items()},
    }


def _sparq_and_risq(inputs: Inputs) -> Any:
    risq, yeses = load_all()["risq"], in_order(*inputs["risq"])
    return {
        **_scores("sparq", inputs["sparq"])["sum"],
        "risq_sum": score(risq, yeses)[0].raw,
        "risq_any": any_yes(risq, risq.scales[0], yeses),
    }


def _seq(inputs: Inputs) -> Any:
    return _scores("seq-5", inputs["items"])["mean"]


def _reversals(inputs: Inputs) -> Any:
    return {"reversed": [reverse(*case) for case in inputs["cases"]]}


REPRODUCTIONS: dict[str, Reproduction] = {
    "AT02": _notices,
    "AT03": _delays,
    "AT05": _commitments,
    "AT06": _reminders,
    "CH01": _jacobson_truax,
    "CH03": _reliable_points,
    "CH05": _statuses,
    "CH07": _alpha,
    "SP01": _individuals,
    "SP03": _ewma,
    "SP05": _frozen,
    "SP06": _zones,
    "SP07": _individuals,
    "DY01": _truth_and_bias,
    "DY03": _icc,
    "DY04": _within_between,
    "DY06": _observed_expected,
    "GA01": _attainments,
    "GA03": _attainment_change,
    "GA04": _attainment_guards,
    "GB01": _ratings,
    "PS01": _problems,
    "PM01": _pomp,
    "PM02": _t_scores,
    "PM05": _ceiling,
    "PM06": _mixed_metrics,
    "RU01": _drops,
    "RU04": _shapes,
    "SC01": _sums_and_means,
    "SC02": _sums_and_means,
    "SC03": _sums_of("wai-sr-c"),
    "SC04": _sums_of("wai-s"),
    "SC07": _care,
    "SC08": _marks,
    "SC10": _preferences,
    "SC11": _sparq_and_risq,
    "SC12": _seq,
    "SC14": _reversals,
}
