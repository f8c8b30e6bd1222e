"""Clinically significant change: for outcomes only, with who says by what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from alliance_api.domain.norms import Norm, ReliabilityKind
from alliance_api.usecases import derive_outcomes
from tests.builders import DAY, a_case, now
from tests.people import Clinic, Person

OUTCOME = "outcome { status reason cut points source method { id version } }"
SCORES = f"""
query($id: ID!, $instrument: String!) {{ case(id: $id) {{
  latestScores(instrument: $instrument, informant: CLIENT, last: 20) {{
    raw {OUTCOME} change {{ difference {OUTCOME} }} sinceBaseline {{ difference {OUTCOME} }} }} }} }}
"""


def rated(clinic: Clinic, raws: list[int], instrument: str = "phq-9", items: int = 9) -> None:
    """Give forms with these sums, a day apart, the last one now."""
    for index, raw in enumerate(raws):
        shares = [raw // items + (n < raw % items) for n in range(items)]
        with clinic.house.at(now() - (len(raws) - index) * DAY):
            clinic.client.done(
                "submitMeasurement",
                "",
                case=clinic.case_id,
                instrument=instrument,
                answers=[{"item": n, "value": value} for n, value in enumerate(shares, 1)],
                disclosure="SHARED",
            )


def scores(person: Person, clinic: Clinic, instrument: str = "phq-9") -> list[dict[str, Any]]:
    """Return the scores, oldest first."""
    found = person.reads(SCORES, id=clinic.case_id, instrument=instrument)["case"]
    return list(reversed(found["latestScores"]))


def test_a_fall_of_six_points_below_the_cut_is_recovery_and_says_by_whom(clinic: Clinic) -> None:
    rated(clinic, [15, 9])
    first, second = scores(clinic.therapist, clinic)

    assert first["outcome"] is None
    assert second["change"]["outcome"] == {
        "status": "RECOVERED",
        "reason": None,
        "cut": 10,
        "points": 6,
        "source": "The IAPT manual, as quoted in facts S49 (Psychological therapies of the English "
        "NHS); cut: sensitivity 77 to 88 %, specificity 88 to 94 % (facts S20)",
        "method": {"id": "published-reliable-change", "version": "1"},
    }


def test_an_outcome_is_compared_with_the_one_before_and_with_the_first(clinic: Clinic) -> None:
    rated(clinic, [20, 16, 12, 9, 15])
    found = scores(clinic.client, clinic)[1:]

    assert [each["change"]["outcome"]["status"] for each in found] == [
        "UNCHANGED",
        "UNCHANGED",
        "UNCHANGED",
        "DETERIORATED",
    ]
    since = [each["sinceBaseline"] for each in found]
    assert [each["difference"] for each in since] == [-4, -8, -11, -5]
    assert [each["outcome"]["status"] for each in since] == [
        "UNCHANGED",
        "IMPROVED",
        "RECOVERED",
        "UNCHANGED",
    ]
    assert [each["outcome"] for each in found] == [each["outcome"] for each in since]


def test_the_unconfirmed_five_points_are_not_used(clinic: Clinic) -> None:
    rated(clinic, [20, 15])

    assert scores(clinic.client, clinic)[1]["outcome"]["status"] == "UNCHANGED"


def test_anxiety_has_four_points_of_its_own(clinic: Clinic) -> None:
    rated(clinic, [13, 9], "gad-7", 7)
    [_, second] = scores(clinic.client, clinic, "gad-7")

    assert second["outcome"]["status"] == "RECOVERED"
    assert (second["outcome"]["points"], second["outcome"]["cut"]) == (4, 10)


def test_an_outcome_that_no_source_judges_makes_no_claim(clinic: Clinic) -> None:
    clinic.house.change(
        "UPDATE instruments SET permission_statement = 'ours' WHERE organisation_id = %s",
        clinic.organisation,
    )
    rated(clinic, [12, 36], "ors", 4)
    outcome = scores(clinic.client, clinic, "ors")[1]["outcome"]

    assert outcome["status"] is None
    assert outcome["reason"] == "NO_NORM"
    # The cut of 25 is not confirmed either.
    assert (outcome["cut"], outcome["points"], outcome["source"]) == (None, None, None)


def test_nobody_recovers_to_an_alliance(clinic: Clinic) -> None:
    a_case(clinic).with_sessions("k k k k k").with_ratings(client="11143")
    found = scores(clinic.client, clinic, "alliance-check-in")

    assert [each["outcome"] for each in found] == [None] * 5
    assert all(each["change"]["outcome"] is None for each in found[1:])
    # The baseline of an alliance is made of the first three.
    assert [each["sinceBaseline"] is None for each in found] == [True, True, True, False, False]


def test_a_private_outcome_changes_nothing_that_others_see(clinic: Clinic) -> None:
    rated(clinic, [20, 9])
    mine = clinic.rows(
        "SELECT id FROM measurements WHERE organisation_id = %s ORDER BY taken_at LIMIT 1"
    )[0][0]
    clinic.client.done(
        "changeDisclosure", "", measurement=f"measurement-{mine}", disclosure="PRIVATE"
    )

    [only] = scores(clinic.therapist, clinic)
    assert only["outcome"] is None
    assert scores(clinic.client, clinic)[1]["outcome"]["status"] == "RECOVERED"


# --- Of the judge itself --------------------------------------------------------------------


def test_a_norm_goes_before_published_points() -> None:
    norm = Norm(4.0, 0.9, ReliabilityKind.RETEST, "outpatients", "made up", n=100, verified=True)
    judge = derive_outcomes.judge_of("phq-9", "total", norm)
    assert judge is not None
    found = judge.of(20, 9)

    assert found.method.id == "clinically-significant-change"
    assert found.change.reliable_points == pytest.approx(1.96 * 4 * (0.2**0.5))
    assert judge.source is not None
    assert judge.source.startswith("made up (outpatients); cut: ")


@pytest.mark.parametrize(
    ("code", "scale"),
    [
        ("wai-sr-c", "total"),
        ("risq", "total"),
        ("c-nip-1.1", "directiveness"),
        ("no-form", "total"),
    ],
)
def test_what_is_no_outcome_has_no_judge(code: str, scale: str) -> None:
    assert derive_outcomes.judge_of(code, scale, None) is None


def test_what_was_found_with_the_original_is_not_said_of_a_translation() -> None:
    judge = derive_outcomes.judge_of("phq-9-de", "total", None)
    assert judge is not None

    assert (judge.points, judge.cut, judge.source) == (None, None, None)
    assert judge.of(20, 5).status is None


def test_it_takes_no_time_to_derive_again(clinic: Clinic) -> None:
    rated(clinic, [20, 9])
    before = clinic.rows("SELECT xmin::text FROM changes WHERE organisation_id = %s")
    with clinic.house.at(now() + timedelta(hours=1)):
        clinic.client.done(
            "submitMeasurement",
            "",
            case=clinic.case_id,
            instrument="gad-7",
            answers=[{"item": n, "value": 1} for n in range(1, 8)],
        )
    after = clinic.rows(
        "SELECT xmin::text FROM changes WHERE organisation_id = %s AND instrument_code = 'phq-9'"
    )
    assert sorted(before) == sorted(after)
