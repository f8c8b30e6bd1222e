"""The study of rupture rules, as rows of words for the terminal and for the documentation."""

from __future__ import annotations

from rich.box import SIMPLE
from rich.table import Table

from alliance_api.domain.statistics import Rate
from alliance_api.domain.study import At, Equal, Found, Hit, Study

Rows = list[list[str]]

RULES = ["n", "rule", "found", "95 %", "at nadir", "false alarms", "one in"]
EQUAL = ["n", "found", "sensitivity", "fell by", "plain", "ours", "times fewer"]

WORDS = {
    "FELL_BY_1_POINT": "fell by 1 point",
    "DROP_1SD": "dropped by 1 SD",
    "DROP_2SD": "dropped by 2 SD",
    "CHART": "control chart",
    "EWMA": "EWMA",
    "CUSUM": "CUSUM",
    "FALL_FROM_USUAL_1SD": "1 SD below usual",
    "FALL_FROM_USUAL_2SD": "2 SD below usual",
    "BEYOND_NOISE": "beyond noise",
}
_WHOSE = {At.OUR_OWN: " (ours)", At.PLAIN_OWN: " (plain)", At.GIVEN: ""}
_HITS = {Hit.IN_EPISODE: "in episode", Hit.AT_NADIR: "at nadir"}
_LEFT = frozenset({"rule", "sensitivity"})


def rule_rows(found: Study) -> Rows:
    """Return each rule at each baseline of n sessions: what it finds, and its false alarms."""
    by_hit = {hit: [each for each in found.rules if each.hit is hit] for hit in Hit}
    pairs = zip(by_hit[Hit.IN_EPISODE], by_hit[Hit.AT_NADIR], strict=True)
    return [_rule(each, nadir) for each, nadir in pairs]


def equal_rows(found: Study) -> Rows:
    """Return the plain rule and ours at equal sensitivities."""
    return [_equal(each) for each in found.equal]


def tables(found: Study) -> tuple[Table, Table]:
    """Return both as tables for the terminal."""
    title = f"Rupture rules on {found.cases:,} made-up cases, after a baseline of n sessions"
    return _table(title, RULES, rule_rows(found)), _table(
        "The plain rule and ours at equal sensitivity", EQUAL, equal_rows(found)
    )


def percent(rate: Rate, places: int = 0) -> str:
    """Return a rate in percent, a dash if it has no value."""
    return "–" if rate.value is None else f"{100 * rate.value:.{places}f} %"


def times(ratio: float | None) -> str:
    """Return how many times fewer, a dash if nobody can say."""
    return "–" if ratio is None else f"{ratio:.1f}"


def _table(title: str, heads: list[str], rows: Rows) -> Table:
    table = Table(title=title, box=SIMPLE, padding=(0, 1))
    for head in heads:
        table.add_column(head, justify="left" if head in _LEFT else "right")
    for row, following in zip(rows, [*rows[1:], rows[-1]], strict=True):
        table.add_row(*row, end_section=row[0] != following[0])
    return table


def _rule(each: Found, nadir: Found) -> list[str]:
    low, high = each.sensitivity.interval or (0, 1)
    cried = each.false_alarms
    return [
        str(each.baseline),
        WORDS[each.rule],
        percent(each.sensitivity),
        f"{100 * low:.0f}–{100 * high:.0f}",
        percent(nadir.sensitivity),
        percent(cried, 2),
        f"{cried.denominator / cried.numerator:,.0f}" if cried.numerator else "–",
    ]


def _equal(each: Equal) -> list[str]:
    return [
        str(each.baseline),
        _HITS[each.hit],
        f"{100 * each.sensitivity:.0f} %{_WHOSE[each.at]}",
        f"{each.fell_by:.1f}",
        percent(each.plain, 2),
        percent(each.ours, 2),
        times(each.ratio),
    ]
