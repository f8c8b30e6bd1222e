"""The matrix notices when the law lets out too much or too little: in a world of each test's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from evidence.matrix_ask import Job, Outcome, Truth, ask
from evidence.matrix_documents import of_case
from evidence.matrix_world import Matrix, a_matrix_world, everybody
from tests import house as houses
from tests.house import House


@pytest.fixture
def house(scratch: str) -> Iterator[House]:
    """What is broken here must not be broken for the tests that follow."""
    with houses.open_house(scratch) as found:
        yield found


@pytest.fixture
def found(house: House) -> Matrix:
    return a_matrix_world(house, small=True)


def asked(house: House, found: Matrix, name: str) -> Outcome:
    """Let somebody ask for everything of the client's case."""
    [asker] = [each for each in everybody(found) if each.label == name]
    truth, outcome = Truth(house, found), Outcome()
    case = f"case-{found.world.clinic.case}"
    ask(house, outcome, truth, [Job(asker, each, (case,)) for each in of_case()])
    assert outcome.total > 1000
    return outcome


ANSWERS = "CREATE POLICY wrong ON answers AS {} FOR SELECT TO alliance_api USING ({})"


def test_the_matrix_notices_what_is_shown_and_should_not_be(house: House, found: Matrix) -> None:
    house.change(ANSWERS.format("PERMISSIVE", "true"))
    outcome = asked(house, found, "supervisor")
    assert any("measurementsfirst" in line and "answers" in line for line in outcome.leaks)


def test_the_matrix_notices_what_should_be_shown_and_is_not(house: House, found: Matrix) -> None:
    house.change(ANSWERS.format("RESTRICTIVE", "informant_role <> 'CLIENT'"))
    outcome = asked(house, found, "client")
    assert any("answers" in line for line in outcome.refusals)
    assert outcome.leaks == []


def test_the_matrix_notices_another_value_than_the_cells_own(house: House, found: Matrix) -> None:
    [client] = [each for each in everybody(found) if each.label == "client"]
    truth = Truth(house, found)
    house.change("UPDATE answers SET value = 3 WHERE informant_role = 'CLIENT'")
    outcome, case = Outcome(), f"case-{found.world.clinic.case}"
    ask(house, outcome, truth, [Job(client, each, (case,)) for each in of_case()])
    assert any("answers" in line and "3" in line for line in outcome.leaks)
