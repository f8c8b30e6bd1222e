"""A row that is certain to be there is not read where only its companion is asked for."""

from __future__ import annotations

import pytest
from graphql import get_variable_values
from graphql.execution.values import VariableValues

from alliance_api.graph.ready import Ready
from alliance_api.graph.schema import PREFIXES, schema
from alliance_api.onesql.cache import Documents
from alliance_api.onesql.limits import Limits
from tests.people import Clinic


def statement(text: str) -> str:
    document = Documents(schema(), Limits(), PREFIXES).load(text)
    operation, root = document.operation(), schema().query_type
    variables = get_variable_values(schema(), (), {})
    assert isinstance(variables, VariableValues)
    assert root is not None
    compiler = Ready(schema(), document, operation, variables, 0).compiler()
    return compiler.compile(root, [operation.selection_set]).sql


@pytest.mark.parametrize(
    ("fields", "is_read"), [("name", False), ("name birthDate", False), ("id name", True)]
)
def test_people_are_read_only_for_what_is_theirs(fields: str, *, is_read: bool) -> None:
    sql = statement(f"{{ caseload {{ nodes {{ client {{ {fields} }} }} }} }}")
    assert ('"people"' in sql) is is_read
    assert '"identities"' in sql


def test_the_answer_is_the_same_either_way(clinic: Clinic) -> None:
    text = "{{ caseload {{ nodes {{ client {{ {} }} }} }} }}"
    [short] = clinic.therapist.reads(text.format("name"))["caseload"]["nodes"]
    [long] = clinic.therapist.reads(text.format("id name"))["caseload"]["nodes"]
    assert short["client"]["name"] == long["client"]["name"] == "The client"
    unnamed = clinic.therapist.can("user/EpisodeOfCare.rs")
    assert unnamed.reads(text.format("name"))["caseload"]["nodes"] == [{"client": {"name": None}}]
