"""Files that are generated are as they would be generated today."""

from __future__ import annotations

import pytest

from alliance_api import golden
from alliance_api.charter import policies as law
from alliance_api.charter.charter import ORDER, READ
from alliance_api.charter.facets import HOLDINGS


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


def test_every_term_of_the_charter_is_explained_and_no_other() -> None:
    used = {term for row in READ.values() for terms in row.values() for term in terms}
    assert used == golden.TERMS.keys()


def test_every_table_that_no_facet_holds_says_who_may_read_it() -> None:
    held = {place.table for holding in HOLDINGS.values() for place in holding.places}
    read = {p.table for p in law.policies() if p.command == "SELECT" and p.role == law.API}
    assert read - held == golden.BESIDE.keys()


def test_every_rule_of_writing_is_on_the_page() -> None:
    page = golden.confidentiality()
    commands = {"INSERT": "added", "UPDATE": "changed"}
    written = [p for p in law.policies() if p.command in commands and p.role == law.API]
    assert len(written) > 30
    for policy in written:
        assert f"| {policy.table.replace('_', ' ')} | {commands[policy.command]} |" in page
