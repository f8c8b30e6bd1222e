"""What the matrix and the canaries rest on: oracles that know everything, and say what they said."""

from __future__ import annotations

import pytest

from evidence import canary_seed, charter_equals, charter_text, matrix_oracle, matrix_page
from evidence.charter_mutants import mutants
from evidence.matrix import paths
from evidence.matrix_oracle import kinds, unknown
from tests.house import House


def test_the_oracle_knows_every_field_root_operation_and_route(house: House) -> None:
    assert unknown(paths(house)) == []


def test_a_field_that_the_oracle_does_not_know_is_noticed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    measurement = kinds()["Measurement"]
    known = {name: says for name, says in measurement.fields.items() if name != "comment"}
    monkeypatch.setitem(
        kinds(), "Measurement", matrix_oracle.Kind("Measurement", "measurements", known)
    )
    assert unknown(paths(house)) == ["Measurement.comment is unknown to the oracle"]


def test_a_route_or_an_operation_that_the_oracle_does_not_know_is_noticed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = paths(house)
    assert unknown([*there, "/v1/diaries"]) == [
        "the route /v1/diaries is unknown to the oracle, or gone"
    ]
    roots = {name: words for name, words in matrix_oracle.ROOTS.items() if name != "case"}
    monkeypatch.setattr(matrix_oracle, "ROOTS", roots)
    assert unknown(there) == ["the root case is unknown to the oracle, or gone"]


def test_the_page_is_what_the_oracle_says() -> None:
    written = matrix_page.PAGE.read_text(encoding="utf-8")
    assert written == matrix_page.page(), "run `python -m evidence.matrix_page`"


def test_every_column_that_could_hold_a_canary_has_its_place() -> None:
    assert canary_seed.unknown() == []


CONDITION = "a = 1 AND (SELECT b && c) AND (d OR (e AND f))"


def test_faults_of_a_condition_are_all_different_and_leave_something() -> None:
    faults = [
        text for _, text in (*charter_text.dropped(CONDITION), *charter_text.flipped(CONDITION))
    ]
    assert "(SELECT b && c) AND (d OR (e AND f))" in faults
    assert "a = 1 AND (SELECT b && c) AND (d OR (f))" in faults
    assert "a = 1 AND (SELECT b && c) AND (d AND (e AND f))" in faults
    assert len(faults) == len(set(faults))
    assert all(text.count("(") == text.count(")") for text in faults)


def test_faults_that_change_nothing_are_few_and_each_has_its_reason() -> None:
    every = mutants()
    equal = {m.name for m in every if charter_equals.reason(m.name, m.policies)}
    assert len(every) > 1500
    assert len(equal) < len(every) / 8
    assert "measurements UPDATE 3: with BREAK_GLASS" in equal
    assert not any("reviewed_by" in name for name in equal)
    assert not any(name.endswith("_insert check: without author") for name in equal)
