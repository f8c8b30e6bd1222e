import pytest

from alliance_api.domain.composition import composition
from alliance_api.domain.instruments import Scale
from alliance_api.instruments.loader import load_all

pytestmark = pytest.mark.ground

FORMS = load_all()


def test_a_total_is_the_sum_of_subscales_that_share_no_item() -> None:
    goal, bond = Scale("goal", (1, 2)), Scale("bond", (3, 4))
    total = Scale("total", (4, 3, 2, 1))

    assert composition([total, goal, bond]) == {
        "total": ("goal", "bond"),
        "goal": ("goal",),
        "bond": ("bond",),
    }
    assert composition([total]) == {"total": ("total",)}
    assert composition([]) == {}


def test_scales_that_overlap_otherwise_are_left_out() -> None:
    first, second, apart = Scale("a", (1, 2)), Scale("b", (2, 3)), Scale("c", (4,))

    assert composition([first, second, apart]) == {"c": ("c",)}
    # Their items, each counted once, would make the total; but item 2 is in both.
    total = Scale("total", (1, 2, 3, 4))
    assert composition([total, first, second, apart]) == {}


def test_a_scale_with_items_of_its_own_overlaps_with_its_part() -> None:
    total, part = Scale("total", (1, 2, 3)), Scale("part", (1, 2))

    assert composition([total, part]) == {}


def test_a_total_keyed_otherwise_is_no_sum_of_its_parts() -> None:
    one, other = Scale("one", (1, 2), reversed=(2,)), Scale("other", (3,))
    keyed_alike = Scale("total", (1, 2, 3), reversed=(2,))
    keyed_plainly = Scale("total", (1, 2, 3))

    assert composition([one, other, keyed_alike])["total"] == ("one", "other")
    assert composition([one, other, keyed_plainly]) == {}


@pytest.mark.parametrize("code", FORMS)
def test_of_shipped_forms_what_is_told_is_made_of_scales_that_share_no_item(code: str) -> None:
    scales = FORMS[code].scales
    found = composition(scales)
    items = {scale.key: set(scale.items) for scale in scales}

    for key, parts in found.items():
        assert all(found[part] == (part,) for part in parts)
        assert sorted(n for part in parts for n in items[part]) == sorted(items[key])
