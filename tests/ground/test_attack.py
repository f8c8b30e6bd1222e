"""Readers with a linear program find nothing in our figures, and something in careless ones."""

from __future__ import annotations

import pytest

from alliance_api.domain.grids import Grid
from evidence.aggregates import Reader, Row, attacked, careless, forgetful, ours

pytestmark = [pytest.mark.ground, pytest.mark.slow]

CLINICS = range(300, 360)


@pytest.mark.parametrize("informed", [False, True])
def test_no_reader_narrows_a_client_or_a_hidden_cell(informed: bool) -> None:
    found = attacked(CLINICS, ours, informed=informed)

    assert found.shown > 100
    assert found.asked > 1000
    assert (found.narrowed, found.recovered) == (0, 0)


def test_without_complementary_suppression_clients_are_found_out() -> None:
    assert attacked(CLINICS, careless).narrowed > 0


def test_without_looking_back_clients_are_found_out_over_time() -> None:
    assert attacked(range(150), forgetful).narrowed > 0


def test_the_reader_subtracts() -> None:
    """Six clients and five of them: the sixth is what is left."""
    six, five = frozenset(range(6)), frozenset(range(5))
    rows = [Row(six, 30.0, 30.0), Row(five, 22.0, 22.0)]
    widths = list(Reader(rows, [six - five], Grid(0, 27), {}).widths())

    assert sorted(round(width, 3) for what, width in widths if what == "cell") == [0]
    assert min(width for what, width in widths if what == "client") == pytest.approx(0, abs=0.001)


def test_the_reader_uses_what_they_know() -> None:
    whole = frozenset(range(6))
    [(_, width), *_] = Reader(
        [Row(whole, 30.0, 30.0)], [], Grid(0, 27), dict.fromkeys(range(5), 5.0)
    ).widths()

    assert width == pytest.approx(0, abs=0.001)
