"""The reference page of the shipped forms, made from what the forms say of themselves."""

from alliance_api.domain.answers import GivenAnswer
from alliance_api.domain.instruments import Instrument, Norm, Report, Scale
from alliance_api.domain.scoring import for_display
from alliance_api.instruments.examples import Example
from alliance_api.instruments.loader import load_all, load_examples

_INTRODUCTION = """\
# Instruments

Generated from `alliance_api/instruments/*.toml` by `make schema`. A worked example is a test: a
form whose examples do not come out is not shipped.

**Key confirmed** is “yes” where a source confirms which items make which scale, their range and
their reversal; otherwise the key is widely quoted and you should check it against the form before
you rely on a score. Where we may not ship the wording, there is only structure: a clinic that has
the licence [loads its own](../how-to/load-licensed-wording.md). **Permission** says whether its
holder must have agreed; a licence that nobody confirmed counts as one that needs it, and such a
form cannot be planned before the clinic has put its permission on record. Names of forms may be
trademarks; these are compatible with them, and nothing here is official.
"""

_SCALES = """\
## Scales

`R` marks reversed items. Scores are sums; the mean and the percent of maximum possible are stored
beside them. A missing item takes the mean of the same scale's answered ones as long as enough are
answered, as many as stand in the table; with fewer there is no score.
"""

_EXAMPLES = """\
## Worked examples

Answers stand in the order of the items, from item 1: `–` was not answered, `n/a` does not apply.
Codes such as SC07 name the row of the fact sheet an example is taken from. Each is a test.
"""

_FIGURES = """\
## What sources report

Change is judged only by an SD and a reliability of one population, or by a published number of
points. Where neither is listed here, no claim is made.
"""

_BANDS = """\
## Named parts of a range

What no source confirms is a default that a site may replace. Limits are held against unrounded sums.
"""


def instruments_page() -> str:
    """Return the page as Markdown."""
    shipped = [instrument for _, instrument in sorted(load_all().items())]
    scales = [(instrument, scale) for instrument in shipped for scale in instrument.scales]
    worked = load_examples()
    blocks = (
        _INTRODUCTION,
        _table(_FORM, [_form(each) for each in shipped]),
        "## Terms\n",
        _table(_TERMS, [_terms(each) for each in shipped]),
        _SCALES,
        _table(_SCALE, [_scale(*each) for each in scales]),
        _EXAMPLES,
        _table(_EXAMPLE, [example_row(each, one) for each in shipped for one in worked[each.code]]),
        _FIGURES,
        _table(_REPORT, [row for each in scales for row in _reports(*each)]),
        _BANDS,
        _table(_BAND, [row for each in scales for row in _bands(*each)]),
    )
    return "\n".join(blocks)


def _table(heads: str, rows: list[list[str]]) -> str:
    names = heads.split(" | ")
    lines = [names, ["---"] * len(names), *rows]
    # A bar inside a cell would begin another cell.
    cells = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


_FORM = "code | name | items | scales | answered by | asks about | ages | measures"


def _form(each: Instrument) -> list[str]:
    return [
        f"`{each.code}`",
        each.name,
        str(len(each.items)),
        str(len(each.scales)),
        each.informant.lower(),
        each.time_frame.lower().replace("_", " ") if each.time_frame else "not stated",
        _ages(each),
        ", ".join(sorted(each.constructs)),
    ]


def _ages(each: Instrument) -> str:
    low, high, signals = each.ages.minimum, each.ages.maximum, each.ages.signals_from
    span = {
        (True, True): f"{low}–{high}",
        (True, False): f"from {low}",
        (False, True): f"to {high}",
        (False, False): "not stated",
    }[(low is not None, high is not None)]
    return span if signals is None else f"{span}; signals from {signals}"


_TERMS = (
    "code | key confirmed | studied | wording | licence status | evidence | permission | source"
)


def _terms(each: Instrument) -> list[str]:
    licence = each.licence
    return [
        f"`{each.code}`",
        _yes(each.verified),
        _yes(each.validated),
        "shipped" if licence.wording_may_be_shipped else "structure only",
        licence.status.lower().replace("_", " "),
        licence.evidence if licence.verified else f"{licence.evidence} (not confirmed)",
        "needed" if licence.permission_required else "not needed",
        each.source,
    ]


_SCALE = "code | scale | items | range | better | least answered | key confirmed"


def _scale(each: Instrument, scale: Scale) -> list[str]:
    items = {item.number: item for item in each.items}
    low = sum(items[n].minimum for n in scale.items)
    high = sum(items[n].maximum for n in scale.items)
    return [
        f"`{each.code}`",
        scale.key,
        " ".join(f"{n}R" if n in scale.reversed else str(n) for n in scale.items),
        f"{low:g} to {high:g}",
        scale.polarity.split("_")[0].lower() if scale.polarity else "neither",
        f"{scale.least_answered} of {len(scale.items)}",
        _yes(scale.verified),
    ]


_EXAMPLE = "code | example | answers | scores"


def example_row(instrument: Instrument, example: Example) -> list[str]:
    """Return the cells of a worked example, as the page prints them."""
    answers = {answer.item: answer for answer in example.answers}
    scores = (
        f"{scale.key} {'none' if raw is None else for_display(raw, 2)}"
        for scale in instrument.scales
        for raw in [example.raw[scale.key]]
    )
    given = " ".join(_answer(answers.get(item.number)) for item in instrument.items)
    return [f"`{instrument.code}`", example.name, given, ", ".join(scores)]


def _answer(given: GivenAnswer | None) -> str:
    if given is None or (given.value is None and not given.not_applicable):
        return "–"
    return "n/a" if given.value is None else f"{given.value:g}"


_REPORT = (
    "code | scale | population | n | mean | SD | reliability | reliable change | source | seen"
)


def _reports(each: Instrument, scale: Scale) -> list[list[str]]:
    reported: tuple[Norm | Report, ...] = (*scale.norms, *scale.reports)
    return [[f"`{each.code}`", scale.key, *_report(told)] for told in reported]


def _report(told: Norm | Report) -> list[str]:
    mean, points = (None, None) if isinstance(told, Norm) else (told.mean, told.reliable_change)
    kind = f" ({told.reliability_kind.lower()})" if told.reliability_kind else ""
    return [
        told.population,
        _figure(told.n),
        _figure(mean),
        _figure(told.sd),
        _figure(told.reliability) + kind,
        _figure(points),
        told.source,
        _yes(told.verified),
    ]


def _figure(figure: float | None) -> str:
    return "" if figure is None else f"{figure:g}"


_BAND = "code | scale | band | sum | source | confirmed"


def _bands(each: Instrument, scale: Scale) -> list[list[str]]:
    return [
        [
            f"`{each.code}`",
            scale.key,
            band.key,
            " and ".join(
                f"{word} {limit:g}"
                for word, limit in (
                    ("at least", band.at_least),
                    ("at most", band.at_most),
                    ("below", band.below),
                )
                if limit is not None
            ),
            band.source,
            _yes(band.verified),
        ]
        for band in scale.bands
    ]


def _yes(truth: bool) -> str:  # noqa: FBT001 - the one thing it says
    return "yes" if truth else "no"
