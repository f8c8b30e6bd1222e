import hashlib
import time
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.errors import Problem, Refused, refuse_if
from alliance_api.domain.instants import between, check_aware, on_the_line, rfc3339
from alliance_api.domain.methods import inputs_hash
from tests.ground.known import told

pytestmark = pytest.mark.ground

NAIVE = datetime(2025, 5, 2, 10, 0)  # noqa: DTZ001 - that is the point


def test_the_hash_is_the_sha256_of_sorted_compact_json() -> None:
    # printf '{"a":[1,2.5,null],"b":"x"}' | sha256sum
    expected = "6739d783db2ab3fd0e308ed566ca042752f3cab5f9516e0e6d9e411041c24c13"

    assert inputs_hash({"b": "x", "a": (1.0, 2.5, None)}) == expected
    # printf '{"a":"\\u00fc"}' | sha256sum
    escaped = hashlib.sha256(rb'{"a":"\u00fc"}').hexdigest()
    assert inputs_hash({"a": "ü"}) == escaped


def test_one_instant_has_one_hash_in_every_zone() -> None:
    at = datetime(2025, 5, 2, 10, 0, tzinfo=UTC)

    there = at.astimezone(ZoneInfo("Asia/Tokyo"))
    assert inputs_hash({"at": at}) == inputs_hash({"at": there})
    assert inputs_hash({"at": at}) != inputs_hash({"at": date(2025, 5, 2)})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), NAIVE])
def test_what_has_no_canonical_spelling_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"offset|JSON"):
        inputs_hash({"value": value})


@pytest.mark.parametrize("inputs", [{"a": b"bytes"}, {"a": {1: "a key that is no text"}}])
def test_what_json_cannot_say_is_refused(inputs: dict[str, object]) -> None:
    with pytest.raises(TypeError, match=r"JSON|keys"):
        inputs_hash(inputs)


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none() | st.booleans()))
def test_the_order_of_keys_does_not_matter(inputs: dict[str, object]) -> None:
    assert inputs_hash(dict(reversed(inputs.items()))) == inputs_hash(inputs)


def test_instants_of_any_zone_lie_on_one_line() -> None:
    london, tokyo = ZoneInfo("Europe/London"), ZoneInfo("Asia/Tokyo")
    # The same instant twice, and one that London's clocks put 24 hours and a half later.
    at = datetime(2025, 3, 29, 8, 30, tzinfo=london)
    later = datetime(2025, 3, 30, 9, tzinfo=london)
    first, again, last = on_the_line([at, at.astimezone(tokyo), later])

    assert first == again
    assert (last - first).total_seconds() == 23.5 * 3600
    assert on_the_line([]) == []
    with pytest.raises(ValueError, match="offset"):
        on_the_line([at, NAIVE])


def test_time_between_two_clock_readings_of_one_zone_is_real_time() -> None:
    london = ZoneInfo("Europe/London")
    spring = datetime(2025, 3, 29, 8, 30, tzinfo=london), datetime(2025, 3, 30, 9, tzinfo=london)

    assert between(*spring).total_seconds() == 23.5 * 3600
    assert between(*reversed(spring)).total_seconds() == -23.5 * 3600
    assert rfc3339(spring[1]) == "2025-03-30T08:00:00Z"


def test_an_instant_is_spelled_in_utc_wherever_the_machine_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        spelled = rfc3339(datetime(2025, 5, 2, 10, 0, tzinfo=ZoneInfo("Europe/Berlin")))
    time.tzset()

    assert spelled == "2025-05-02T08:00:00Z"


def test_a_datetime_without_an_offset_is_no_instant() -> None:
    aware = datetime(2025, 5, 2, tzinfo=UTC)

    assert check_aware(started_at=aware, ended_at=None) == ()
    assert told(check_aware(started_at=NAIVE)) == [("NAIVE_TIME", "started_at")]
    for refused in (lambda: between(aware, NAIVE), lambda: rfc3339(NAIVE)):
        with pytest.raises(ValueError, match="offset"):
            refused()


def test_a_refusal_holds_its_problems_and_says_their_codes() -> None:
    problems = (Problem("TOO_LONG", "Shorten it.", "wording"), Problem("CLOSED", "Open it."))

    refuse_if(())
    with pytest.raises(Refused, match="TOO_LONG, CLOSED") as refused:
        refuse_if(problems)
    assert refused.value.problems == problems
