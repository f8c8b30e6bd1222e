"""Of which scales signals may be made, and by which limits of theirs."""

from collections.abc import Sequence
from functools import cache

from alliance_api.domain.change import preferred
from alliance_api.domain.constructs import Construct
from alliance_api.domain.instruments import Band, Instrument, Norm, Polarity, Scale
from alliance_api.domain.views import Cut
from alliance_api.instruments.forms import definition, origin
from alliance_api.instruments.pairs import PARALLEL

ALLIANCE = frozenset(
    {
        Construct.BOND,
        Construct.COMMUNICATION,
        Construct.EMPATHY,
        Construct.GOALS,
        Construct.RELIABILITY,
        Construct.TASKS,
    }
)
CONCERN = "concern"
"""The band of a scale in which alliance counts as low."""

PREFERENCES = "c-nip-1.1"
STRONG_HIGH, STRONG_LOW = "strong-positive-pole", "strong-negative-pole"


@cache
def alliance_scales(code: str) -> frozenset[str]:
    """Return the scales of a form whose series say how the alliance goes; higher is better.

    Where a form may be summed up its headline alone speaks: parts of it would say the same thing
    several times over, and each of them is less reliable.
    """
    form = _form(code)
    if form is None or _foresees(code):
        return frozenset()
    asked = [form.headline] if form.headline else form.scales
    return frozenset(scale.key for scale in asked if _is_alliance(scale))


@cache
def is_alliance(code: str, scale: str) -> bool:
    """Return whether a scale says how the alliance goes: only then is a fall of it a rupture."""
    form = definition(code)
    if form is None or _foresees(code):
        return False
    return any(each.key == scale and _is_alliance(each) for each in form.scales)


@cache
def tension_scales(code: str) -> frozenset[str]:
    """Return the scales of which each yes is a rupture in a person's own words."""
    form = _form(code)
    return frozenset(scale.key for scale in form.scales if scale.any_yes) if form else frozenset()


def preference_scales() -> Sequence[tuple[str, Scale]]:
    """Return the form by which a client says how therapy should be, and its scales."""
    form = definition(PREFERENCES)
    return [(PREFERENCES, scale) for scale in form.scales] if form else []


def cut(code: str, scale: str) -> Cut | None:
    """Return where a scale counts as low, as its source says; None where none does."""
    for band in _bands(code, scale):
        if band.key == CONCERN and band.at_least is None:
            if band.below is not None:
                return Cut(band.below, inclusive=False, source=band.source)
            if band.at_most is not None:
                return Cut(band.at_most, inclusive=True, source=band.source)
    return None


def strong_bounds(code: str, scale: str) -> tuple[float, float] | None:
    """Return from where a preference is strong, at the low end and at the high one."""
    bands = {band.key: band for band in _bands(code, scale)}
    low, high = bands.get(STRONG_LOW), bands.get(STRONG_HIGH)
    if low is None or high is None or low.at_most is None or high.at_least is None:
        return None
    return low.at_most, high.at_least


def norm(code: str, scale: str) -> Norm | None:
    """Return what judges change on a scale; None without a norm, and then no claim is made."""
    found = _scale(code, scale)
    return preferred(found.norms) if found else None


def _bands(code: str, scale: str) -> Sequence[Band]:
    found = _scale(code, scale)
    return found.bands if found else ()


def _scale(code: str, scale: str) -> Scale | None:
    form = definition(code)
    return next((each for each in form.scales if each.key == scale), None) if form else None


def _form(code: str) -> Instrument | None:
    """Return a form, unless somebody too young for signals may be asked by it.

    How old a client is the engine may not know, so that the form has to say it.
    """
    form = definition(code)
    if form is None or form.ages.signals_from is None:
        return form
    return form if (form.ages.minimum or 0) >= form.ages.signals_from else None


def _foresees(code: str) -> bool:
    """Return whether a form says what somebody else will answer, and nothing of its informant."""
    base, _ = origin(code)
    return any(pair.form == base and pair.foresees for found in PARALLEL.values() for pair in found)


def _is_alliance(scale: Scale) -> bool:
    about = ALLIANCE & frozenset(scale.constructs)
    return scale.polarity is Polarity.HIGHER_IS_BETTER and bool(about)
