"""The comparison behind `evidence/private_rating.py` reads everything, and it can fail."""

from __future__ import annotations

import pytest
from graphql import TypeInfo, TypeInfoVisitor, Visitor, parse, validate, visit
from graphql.language import FieldNode

from alliance_api.domain.disclosure import Disclosure
from alliance_api.graph.schema import schema
from evidence.every_field import covered, documents
from evidence.private_rating import (
    Count,
    Told,
    a_clinic_with_a_colleague,
    a_told_case,
    compare,
    reads,
)
from tests.house import House


class _Fields(Visitor):
    """Collects every type and field that a document names."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info = info
        self.found: set[tuple[str, str]] = set()

    def enter_field(self, node: FieldNode, *_: object) -> None:
        parent = self.info.get_parent_type()
        assert parent is not None
        self.found.add((parent.name, node.name.value))


def test_every_field_that_a_case_leads_to_is_read() -> None:
    read: set[tuple[str, str]] = set()
    for document in documents():
        tree = parse(document)
        assert validate(schema(), tree) == []
        info = TypeInfo(schema())
        visitor = _Fields(info)
        visit(tree, TypeInfoVisitor(info, visitor))
        read |= visitor.found
    assert len(covered()) > 250
    assert covered() - read == set()


@pytest.fixture
def told(house: House) -> Told:
    return a_told_case(a_clinic_with_a_colleague(house), 3)


def test_what_is_compared_is_full(told: Told) -> None:
    for name in ("client", "therapist", "colleague", "supervisor"):
        everything = b"".join(reads(told, name).values())
        for word in (b"RUPTURE", b"GOAL_DISAGREEMENT", b"PREFERENCE_MISMATCH", b"OVERDUE", b"<svg"):
            assert word in everything, (name, word)


@pytest.mark.parametrize("who", ["client", "caregiver", "therapist"])
def test_a_shared_rating_makes_it_differ(told: Told, who: str) -> None:
    count = Count()
    compare(told, who, Disclosure.SHARED, count, 1)
    seen_by = {each.partition(":")[0] for each in count.differing}
    expected = {
        "client": {"therapist", "colleague", "supervisor", "caregiver"},
        "caregiver": {"client", "therapist", "colleague", "supervisor"},
        "therapist": {"client", "supervisor"},
    }
    assert expected[who] <= seen_by
    assert "manager" not in seen_by
