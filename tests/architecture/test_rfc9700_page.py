"""The checklist of RFC 9700 is whole, names tests that are there, and its page is fresh."""

from __future__ import annotations

from evidence.rfc9700_cases import every
from evidence.rfc9700_list import ROOT, exists, faults
from evidence.rfc9700_page import page


def test_the_page_is_fresh() -> None:
    assert (ROOT / "docs/reference/rfc9700.md").read_text(encoding="utf-8") == page()


def test_every_item_has_tests_that_are_there_or_a_reason() -> None:
    assert faults(every()) == []


def test_a_test_that_is_not_there_is_noticed() -> None:
    assert exists("tests/oauth/test_code.py::test_a_request_ends_once")
    for wrong in ("test_code.py::test_x", "tests/oauth/test_code.py::test_x", "x", ""):
        assert not exists(wrong)


def test_a_case_that_is_not_there_is_noticed() -> None:
    assert len(faults([])) > 1
