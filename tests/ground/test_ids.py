from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.ids import Kind, format_id, parse_id

pytestmark = pytest.mark.ground

SPELLED = "01920000-89ab-7cde-8f01-23456789abcd"


@given(kind=st.sampled_from(Kind), value=st.uuids())
def test_reading_an_id_gives_back_what_was_spelled(kind: Kind, value: UUID) -> None:
    assert parse_id(format_id(kind, value)) == (kind, value)


@given(st.text())
def test_reading_never_raises_and_only_accepts_its_own_spelling(text: str) -> None:
    parsed = parse_id(text)

    assert parsed is None or format_id(*parsed) == text


def test_an_id_shows_its_kind() -> None:
    assert format_id(Kind.CASE, UUID(SPELLED)) == f"case-{SPELLED}"
    assert parse_id(f"measurement-{SPELLED}") == (Kind.MEASUREMENT, UUID(SPELLED))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "case",
        "case-",
        SPELLED,
        f"Case-{SPELLED}",
        f"case-{SPELLED.upper()}",
        f"case_{SPELLED}",
        f"table-{SPELLED}",
        f" case-{SPELLED}",
        f"case-{SPELLED}\n",
        f"case-{{{SPELLED}}}",
        f"case-{SPELLED.replace('-', '')}",
        f"case-urn:uuid:{SPELLED}",
        f"case-{SPELLED.replace('0', '٠')}",
        "case-0192000089ab-7cde-8f01-23456789abcd-",
    ],
)
def test_only_the_canonical_spelling_is_an_id(text: str) -> None:
    assert parse_id(text) is None
