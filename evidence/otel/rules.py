"""The alert rules, each with what must set it off and what must not, as tests for `promtool test rules`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

RULES = Path(__file__).parents[2] / "deploy" / "otel" / "alerts.yaml"
Series = dict[str, str]
Rule = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """Series, a value a minute, and whether an alert is firing after so many minutes."""

    alert: str
    about: str
    fires: bool
    after: int
    series: Series


def buckets(name: str, labels: str = "", **bounds: str) -> Series:
    """Return the buckets of a histogram: bound, and how it grows; `inf` is the last."""
    more = f", {labels}" if labels else ""
    found = {f'{name}_bucket{{le="{bound[1:].replace("_", ".")}"{more}}}': values
             for bound, values in bounds.items() if bound != "inf"}  # fmt: skip
    return {**found, f'{name}_bucket{{le="+Inf"{more}}}': bounds["inf"]}


REQUESTS, TOOK = "alliance_requests_total", "alliance_request_duration_seconds"
LAG, LATE = "alliance_feed_lag_seconds", "alliance_reminders_lateness_seconds"
DROPPED, PLANNED = "alliance_reminders_dropped_total", "alliance_reminders_planned_total"
CASES = (
    Case("ManyErrors", "two of a hundred", True, 15, {
        f'{REQUESTS}{{operation="graphql", outcome="error"}}': "0+2x20",
        f'{REQUESTS}{{operation="graphql", outcome="ok"}}': "0+98x20",
    }),
    Case("ManyErrors", "one of two hundred, and refusals", False, 15, {
        f'{REQUESTS}{{operation="graphql", outcome="error"}}': "0+1x20",
        f'{REQUESTS}{{operation="graphql", outcome="refused"}}': "0+100x20",
        f'{REQUESTS}{{operation="graphql", outcome="ok"}}': "0+99x20",
    }),
    Case("ManyErrors", "for three minutes only", False, 8, {
        f'{REQUESTS}{{operation="graphql", outcome="error"}}': "0x5 0+50x10",
        f'{REQUESTS}{{operation="graphql", outcome="ok"}}': "0+50x20",
    }),
    Case("SlowAnswers", "two of a hundred take two seconds", True, 20,
         buckets(TOOK, 'operation="graphql.query"', _1="0+98x30", _2_5="0+100x30", inf="0+100x30")),
    Case("SlowAnswers", "only those who wait for facts", False, 20, {
        **buckets(TOOK, 'operation="graphql.query"', _1="0+100x30", _2_5="0+100x30", inf="0+100x30"),
        **buckets(TOOK, 'operation="feed.wait"', _1="0x30", _2_5="0x30", inf="0+100x30"),
    }),
    Case("FeedHeldUp", "most are told after two minutes", True, 15,
         buckets(LAG, _60="0+1x20", _300="0+10x20", inf="0+10x20")),
    Case("FeedHeldUp", "one of a hundred is", False, 15,
         buckets(LAG, _60="0+99x20", _300="0+100x20", inf="0+100x20")),
    Case("FeedFull", "ninety at one replica", True, 10,
         {'alliance_feed_waiting{instance="a"}': "90x20", 'alliance_feed_waiting{instance="b"}': "3x20"}),
    Case("FeedFull", "forty-five at each of two", False, 10,
         {'alliance_feed_waiting{instance="a"}': "45x20", 'alliance_feed_waiting{instance="b"}': "45x20"}),
    Case("SealedTextsDoNotOpen", "the first ever", True, 12,
         {'vault_unopened_total{error_type="x"}': "_x10 1x20"}),
    Case("SealedTextsDoNotOpen", "another", True, 12, {'vault_unopened_total{error_type="x"}': "3x10 4x20"}),
    Case("SealedTextsDoNotOpen", "hours ago", False, 120, {'vault_unopened_total{error_type="x"}': "3x130"}),
    Case("RemindersWait", "hundreds", True, 15, {"alliance_reminders_queue": "150x20"}),
    Case("RemindersWait", "hundreds, and soon sent", False, 15, {"alliance_reminders_queue": "150x8 5x20"}),
    Case("RemindersLate", "most by minutes", True, 40, buckets(LATE, _60="0+1x50", _300="0+10x50", inf="0+10x50")),
    Case("RemindersLate", "few", False, 40, buckets(LATE, _60="0+95x50", _300="0+100x50", inf="0+100x50")),
    Case("RemindersDropped", "one in ten", True, 100, {
        f'{DROPPED}{{reason="expired"}}': "0+1x120", f"{PLANNED}": "0+10x120"}),
    Case("RemindersDropped", "people who opted out", False, 100, {
        f'{DROPPED}{{reason="opted_out"}}': "0+9x120", f"{PLANNED}": "0+10x120"}),
    Case("NotifierBehind", "six minutes", True, 15, {"alliance_notifier_feed_lag_seconds": "400x20"}),
    Case("NotifierBehind", "four minutes", False, 15, {"alliance_notifier_feed_lag_seconds": "240x20"}),
    Case("FeedUnread", "every half minute", True, 25, {"alliance_notifier_feed_unread_total": "0+2x30"}),
    Case("FeedUnread", "while a replica is restarted", False, 25, {"alliance_notifier_feed_unread_total": "0x10 4x30"}),
    Case("NoWorker", "nothing is told", True, 15, {REQUESTS: "0+1x20"}),
    Case("NoWorker", "nothing is due", False, 15, {"alliance_reminders_queue": "0x20"}),
)  # fmt: skip
# What makes a rule worthless, and must make its tests fail.
SPOILT = {"never": "vector(0) > 1", "always": "vector(1)"}


def rules(path: Path = RULES) -> list[Rule]:
    """Return the alert rules."""
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [rule for group in found["groups"] for rule in group["rules"]]


def untested(found: list[Rule]) -> list[str]:
    """Return what no case is about: an alert that nothing sets off, or nothing leaves alone."""
    tested = {(case.alert, case.fires) for case in CASES}
    names = {rule["alert"] for rule in found}
    missing = [f"{name}: no case in which it {'fires' if fires else 'is silent'}"
               for name in sorted(names) for fires in (True, False) if (name, fires) not in tested]  # fmt: skip
    return missing + [
        f"{name}: there is no such alert" for name, _ in sorted(tested) if name not in names
    ]


def as_tests(found: list[Rule], file: str, only: str | None = None) -> str:
    """Return a file for `promtool test rules`; `file` holds the rules."""
    known = {rule["alert"]: rule for rule in found}
    cases = [case for case in CASES if only in (None, case.alert)]
    text: str = yaml.safe_dump(
        {
            "rule_files": [file],
            "evaluation_interval": "1m",
            "tests": [_as_test(case, known[case.alert]) for case in cases],
        },
        sort_keys=False,
    )
    return text


def _as_test(case: Case, rule: Rule) -> dict[str, Any]:
    alert = {"exp_labels": rule["labels"], "exp_annotations": rule["annotations"]}
    return {
        "name": f"{case.alert}: {case.about}",
        "interval": "1m",
        "input_series": [
            {"series": name, "values": values} for name, values in case.series.items()
        ],
        "alert_rule_test": [
            {
                "eval_time": f"{case.after}m",
                "alertname": case.alert,
                "exp_alerts": [alert] if case.fires else [],
            }
        ],
    }


def spoilt(alert: str, expression: str, path: Path = RULES) -> str:
    """Return the rules with the expression of one alert replaced."""
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    for group in found["groups"]:
        for rule in group["rules"]:
            if rule["alert"] == alert:
                rule["expr"] = expression
    text: str = yaml.safe_dump(found, sort_keys=False)
    return text
