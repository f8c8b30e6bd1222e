"""Whether a change of an outcome is clinically significant: by which figures, and whose they are.

For outcome measures only. Alliance has no healthy norm, so nobody recovers to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from alliance_api.domain.constructs import Construct
from alliance_api.domain.instruments import Scale
from alliance_api.domain.norms import Norm, Polarity
from alliance_api.domain.published import Band, Report
from alliance_api.domain.recovery import METHOD as BY_NORM
from alliance_api.domain.recovery import POINTS_METHOD, Outcome, outcome, outcome_by_points
from alliance_api.instruments.forms import definition

# A new version of any of these derives every series anew.
METHODS = (BY_NORM, POINTS_METHOD)
CASE = "case"
BASELINE_FORMS = 1
"""An outcome is compared with the first form there is, facts 5."""


@dataclass(frozen=True, slots=True)
class Judge:
    """By what the changes of one scale are judged: a norm, else published points; and a cut."""

    polarity: Polarity
    norm: Norm | None
    points: Report | None
    cut: Band | None

    def of(self, before: float, after: float) -> Outcome:
        """Return what became of an outcome between two scores."""
        cut = _limit(self.cut, self.polarity)
        if self.norm is None and self.points is not None and self.points.reliable_change:
            return outcome_by_points(before, after, self.points.reliable_change, self.polarity, cut)
        return outcome(before, after, self.norm, self.polarity, cut)

    @property
    def source(self) -> str | None:
        """Who says so: of the change and its population, and of the cut."""
        by = self.norm or self.points
        told = [f"{by.source} ({by.population})"] if by else []
        told += [f"cut: {self.cut.source}"] if self.cut else []
        return "; ".join(told) or None


def judge_of(code: str, scale: str, norm: Norm | None) -> Judge | None:
    """Return by what an outcome is judged; None for a scale that measures something else."""
    found = _scale(code, scale)
    if found is None or found.polarity is None or Construct.OUTCOME not in found.constructs:
        return None
    published = [each for each in found.reports if each.verified and each.reliable_change]
    # Of several, the one that claims least.
    points = max(published, key=lambda each: each.reliable_change or 0, default=None)
    cut = next((each for each in found.bands if each.key == CASE and each.verified), None)
    return Judge(found.polarity, norm, None if norm else points, cut)


@lru_cache(maxsize=2048)
def _scale(code: str, key: str) -> Scale | None:
    form = definition(code)
    return next((each for each in form.scales if each.key == key), None) if form else None


def _limit(cut: Band | None, polarity: Polarity) -> float | None:
    if cut is None:
        return None
    return cut.at_least if polarity is Polarity.LOWER_IS_BETTER else cut.at_most


def columns(
    judge: Judge | None, previous: float | None, baseline: float | None, here: float
) -> dict[str, Any]:
    """Return what is said of a score beside the one before and the first; nulls for no outcome."""
    if judge is None:
        return _NOTHING
    found = {
        name: judge.of(before, here) if before is not None else None
        for name, before in (("previous", previous), ("baseline", baseline))
    }
    # What it is judged by is the same for both, and for a first score that nothing lies before.
    by = judge.of(here, here)
    return {
        **{f"{name}_status": _status(each) for name, each in found.items()},
        "status_reason": by.reason,
        "status_cut": by.cut,
        "status_points": by.change.reliable_points,
        "status_source": judge.source,
        "status_method_id": by.method.id,
        "status_method_version": by.method.version,
    }


_NOTHING = dict.fromkeys(
    (
        "previous_status",
        "baseline_status",
        "status_reason",
        "status_cut",
        "status_points",
        "status_source",
        "status_method_id",
        "status_method_version",
    )
)


def _status(found: Outcome | None) -> str | None:
    return found.status.value if found and found.status else None
