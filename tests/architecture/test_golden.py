"""Files that are generated are as they would be generated today."""

from __future__ import annotations

import pytest

from alliance_api import golden
from alliance_api.charter.charter import ORDER, READ


@pytest.mark.parametrize("path", golden.FILES)
def test_a_generated_file_is_fresh(path: str) -> None:
    assert path not in golden.check(), f"{path}: run `make schema`"


def test_every_cell_of_the_charter_is_in_the_printed_matrix() -> None:
    rows = {
        cells[1]: cells[3:-1]
        for line in golden.confidentiality().splitlines()
        if len(cells := [cell.strip() for cell in line.split("|")]) == 4 + len(ORDER)
    }
    for facet, row in READ.items():
        assert rows[facet.lower().replace("_", " ")] == [" + ".join(row[who]) for who in ORDER]
