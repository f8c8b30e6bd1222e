"""What makes an instrument sound, beyond having every entry."""

import re
from collections.abc import Iterable, Iterator, Mapping

from alliance_api.domain.constructs import Construct
from alliance_api.domain.exact import exact
from alliance_api.domain.instruments import Ages, Instrument, Item, Scale
from alliance_api.instruments.figures import band_faults, report_faults

CONSTRUCTS = frozenset(construct.value for construct in Construct)

_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CODE = re.compile(r"[a-z0-9]+([-.][a-z0-9]+)*")
_FEW_LINES = 4


def faults(instrument: Instrument) -> list[str]:
    """Return everything that contradicts itself, or the licence; empty for a sound instrument."""
    return [
        *_frame(instrument),
        *(fault for item in instrument.items for fault in _item(item)),
        *(fault for scale in instrument.scales for fault in _scale(instrument, scale)),
        *_licence(instrument),
    ]


def _frame(instrument: Instrument) -> Iterator[str]:
    if not _CODE.fullmatch(instrument.code):
        yield "code must be lower case, digits, hyphens and dots"
    if instrument.version < 1:
        yield "version counts from 1"
    if not instrument.items or not instrument.scales:
        yield "needs at least one item and one scale"
    yield from _twice("item number", (item.number for item in instrument.items))
    yield from _twice("item key", (item.key for item in instrument.items))
    yield from _twice("scale", (scale.key for scale in instrument.scales))
    if sum(scale.headline for scale in instrument.scales) > 1:
        yield "at most one scale is the headline"
    yield from _ages(instrument.ages)


def _ages(ages: Ages) -> Iterator[str]:
    told = [age for age in (ages.minimum, ages.signals_from, ages.maximum) if age is not None]
    if told != sorted(told) or any(age < 0 for age in told):
        yield "ages must not be negative, and minimum, signals_from and maximum not fall"


def _item(item: Item) -> Iterator[str]:
    place = f"item {item.number}"
    if item.number < 1 or not _KEY.fullmatch(item.key):
        yield f"{place} needs a number from 1 and a key of lower case, digits and hyphens"
    if not item.minimum < item.maximum:
        yield f"{place}: the minimum must be below the maximum"
    if item.step <= 0 or (exact(item.maximum) - exact(item.minimum)) % exact(item.step):
        yield f"{place}: steps must lead from the minimum to the maximum"
    if item.construct is not None and item.construct not in CONSTRUCTS:
        yield f"{place} names an unknown construct"
    if not all(item.minimum <= anchor.value <= item.maximum for anchor in item.anchors):
        yield f"{place} has an anchor outside its range"
    yield from _twice(f"{place}, anchor", (anchor.value for anchor in item.anchors))


def _scale(instrument: Instrument, scale: Scale) -> Iterator[str]:
    place = f"scale {scale.key}"
    items = {item.number: item for item in instrument.items}
    if not _KEY.fullmatch(scale.key) or not scale.items:
        yield f"{place} needs a key of lower case, digits and hyphens, and at least one item"
        return
    yield from _twice(f"{place}, item", scale.items)
    if not set(scale.items) <= items.keys():
        yield f"{place} refers to items the form does not have"
        return
    if not set(scale.reversed) <= set(scale.items):
        yield f"{place} reverses items it does not have"
    if not scale.constructs or not set(scale.constructs) <= CONSTRUCTS:
        yield f"{place} needs constructs, known ones"
    yield from _missing(scale, place)
    yield from _figures(scale, _ranges(items, scale), place)
    # A mark on one of few lines is worth too much of the score to be made up.
    lines = [n for n in scale.items if items[n].step < 1]
    if lines and len(scale.items) <= _FEW_LINES and not scale.all_required:
        yield f"{place} has few lines, so all_required must be true"
    # The mean of other items cannot stand in for one with another range.
    if len(set(_ranges(items, scale))) > 1 and not scale.all_required:
        yield f"{place} mixes ranges, so all_required must be true"


def _ranges(items: Mapping[int, Item], scale: Scale) -> list[tuple[float, float]]:
    return [(items[n].minimum, items[n].maximum) for n in scale.items]


def _figures(scale: Scale, ranges: list[tuple[float, float]], place: str) -> Iterator[str]:
    low, high = (sum(bounds) for bounds in zip(*ranges, strict=True))
    for report in scale.reports:
        yield from (f"{place}, {fault}" for fault in report_faults(report))
    for band in scale.bands:
        yield from (f"{place}, {fault}" for fault in band_faults(band, low, high))
    yield from _twice(f"{place}, band", (band.key for band in scale.bands))


def _missing(scale: Scale, place: str) -> Iterator[str]:
    if scale.all_required and scale.max_missing is not None:
        yield f"{place}: all_required leaves nothing to max_missing"
    if scale.max_missing is not None and not 0 <= scale.max_missing < len(scale.items):
        yield f"{place}: max_missing must leave at least one item"
    if not 0 < scale.min_share <= 1:
        yield f"{place}: min_share must lie in (0, 1]"


def _licence(instrument: Instrument) -> Iterator[str]:
    licence = instrument.licence
    if licence.wording_may_be_shipped:
        if not (licence.verified and licence.status.redistributable):
            yield "wording may be shipped only under a verified licence that lets it be passed on"
        return
    # Anchors and instructions are the author's words as much as the items are.
    worded = any(item.wording or item.anchors for item in instrument.items)
    if worded or instrument.instructions:
        yield "the licence does not let us ship any wording: leave it out"


def _twice(what: str, values: Iterable[object]) -> Iterator[str]:
    seen: set[object] = set()
    for value in values:
        if value in seen:
            yield f"{what} {value} is there twice"
        seen.add(value)
