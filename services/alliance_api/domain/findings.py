"""What is noticeable about how one form was filled in. A finding is a question, not a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from alliance_api.domain.answers import GivenAnswer
from alliance_api.domain.instruments import Instrument
from alliance_api.domain.methods import Method
from alliance_api.domain.scoring import ScaleScore, any_yes, score

__all__ = ["LEAST_LINE", "METHOD", "Finding", "FindingCode", "findings"]

METHOD = Method("findings", "1")

LEAST_LINE = 6
"""So many equal answers are a straight line; fewer come about by themselves. Our own choice [D]."""


class FindingCode(StrEnum):
    """What was noticed."""

    STRAIGHT_LINING = "STRAIGHT_LINING"
    """Every item has the same answer, and the form does not say so by its score."""
    AT_CEILING = "AT_CEILING"
    """The scale has its highest score: it could not tell of anything higher."""
    AT_FLOOR = "AT_FLOOR"
    """The scale has its lowest score: it could not tell of anything lower."""
    ANY_YES = "ANY_YES"
    """One of the questions that each deserve to be followed up was answered with yes."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing noticed, about one scale or, where `scale` is None, the whole form.

    `answered` is the number of answers it rests on.
    """

    code: FindingCode
    scale: str | None
    answered: int


def findings(
    instrument: Instrument,
    given: Sequence[GivenAnswer],
    *,
    scores: Sequence[ScaleScore] | None = None,
    least_line: int = LEAST_LINE,
) -> tuple[Finding, ...]:
    """Return what is noticeable about one form: the form's findings first, then scale by scale.

    A line along the end of the range is told as ceiling or floor, not also as a straight line:
    somebody may simply be content. Where reversed items make an equal answer contradict itself,
    the sum lies elsewhere, and the line is told. `scores` are the form's, if they are known.

    Raises:
        Refused: if the answers do not fit the form.
    """
    scores = score(instrument, given) if scores is None else scores
    found = [finding for each in scores for finding in _of_scale(instrument, each, given)]
    values = [answer.value for answer in given if answer.value is not None]
    line = len(values) >= least_line and len(set(values)) == 1
    if line and not _told_by_its_ends(scores, found):
        return (Finding(FindingCode.STRAIGHT_LINING, None, len(values)), *found)
    return tuple(found)


_EXTREMES = frozenset({FindingCode.AT_CEILING, FindingCode.AT_FLOOR})


def _told_by_its_ends(scores: Sequence[ScaleScore], found: Sequence[Finding]) -> bool:
    at_an_end = {finding.scale for finding in found if finding.code in _EXTREMES}
    return bool(at_an_end) and at_an_end >= {each.scale for each in scores if each.raw is not None}


def _of_scale(
    instrument: Instrument, found: ScaleScore, given: Sequence[GivenAnswer]
) -> list[Finding]:
    scale = next(each for each in instrument.scales if each.key == found.scale)
    codes = []
    # Without a score raw is None, which equals neither end.
    if found.raw == found.maximum:
        codes.append(FindingCode.AT_CEILING)
    if found.raw == found.minimum:
        codes.append(FindingCode.AT_FLOOR)
    if scale.any_yes and any_yes(instrument, scale, given):
        codes.append(FindingCode.ANY_YES)
    return [Finding(code, found.scale, found.answered) for code in codes]
