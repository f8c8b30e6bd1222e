from __future__ import annotations

import pytest

from alliance_api.domain.published import Band

pytestmark = pytest.mark.ground


@pytest.mark.parametrize(
    ("raw", "named"),
    [(4.9, []), (5, ["mild"]), (9, ["mild"]), (9.5, ["between"]), (10, ["more"]), (27, ["more"])],
)
def test_a_limit_belongs_to_the_band_that_says_so(raw: float, named: list[str]) -> None:
    mild = Band("mild", "a source", verified=True, at_least=5, at_most=9)
    between = Band("between", "a source", verified=True, at_least=9.1, below=10)
    more = Band("more", "a source", verified=True, at_least=10)

    assert [band.key for band in (mild, between, more) if band.holds(raw)] == named


def test_a_band_without_limits_holds_every_score() -> None:
    assert Band("all", "a source", verified=False).holds(-1)
