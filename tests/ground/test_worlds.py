"""Which made-up worlds there can be; what happens in them is in test_simulate."""

from typing import Any

import pytest

from alliance_api.domain.simulate import World, simulate

pytestmark = pytest.mark.ground


@pytest.mark.parametrize(
    "outer",
    [
        {"ruptures": 0, "unrepaired": 1, "missed": 0, "unanswered": 1, "late": 0},
        {"ceiling_responders": 1, "straight_liners": 0},
        {"stable": 0, "state": 0, "error": 0, "shallowest": 0},
        {"shallowest": 15, "deepest": 15},
        {"sessions": 1, "items": 1, "step": 0.01},
    ],
)
def test_the_ends_of_what_is_possible_are_worlds_too(outer: dict[str, Any]) -> None:
    assert len(list(simulate(1, 3, World(**outer)))) == 3


@pytest.mark.parametrize(
    ("beyond", "why"),
    [
        ({"missed": 1.5}, "a share"),
        ({"late": -0.1}, "a share"),
        ({"ceiling_responders": 0.6, "straight_liners": 0.6}, "both styles"),
        ({"stable": -1}, "no spread"),
        ({"state": -1}, "no spread"),
        ({"error": -1}, "no spread"),
        ({"shallowest": -1}, "no depth"),
        ({"shallowest": 8, "deepest": 7}, "not above"),
        ({"sessions": 0}, "there are sessions"),
        ({"items": 0}, "there are sessions"),
        ({"step": 0}, "there are sessions"),
        ({"minimum": 10, "maximum": 10}, "there are sessions"),
    ],
)
def test_beyond_them_there_is_no_world(beyond: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        World(**beyond)
