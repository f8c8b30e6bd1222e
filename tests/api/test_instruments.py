"""Instruments over HTTP: what they measure, who may use them, in which words, and what counts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from alliance_api.instruments.loader import load_all
from alliance_api.instruments.packs import Pack
from alliance_api.store import instruments, packs, seed
from tests.builders import DAY, Story, a_case, answers, instant, now
from tests.house import House
from tests.packs import CHECK_IN_DE, CHECK_IN_T_DE, pack_of
from tests.people import Clinic, a_clinic

WHY = Path(__file__).parents[2] / "docs/why/alliance.md"
FACTOR = re.compile(r"^\| \*\*(.+?)\*\* \| ((?:`[A-Z]+`(?:, )?)+) \|", re.MULTILINE)
FACTORS = FACTOR.findall(WHY.read_text(encoding="utf-8"))
OURS = "alliance-check-in"


def load(clinic: Clinic, *given: Pack) -> None:
    with clinic.house.engine.begin() as connection:
        for pack in given:
            packs.load(connection, clinic.organisation, pack, datetime.now(UTC))


def form(clinic: Clinic, code: str, select: str) -> dict[str, Any]:
    query = f"query($code: String!) {{ instrument(code: $code) {{ {select} }} }}"
    found: dict[str, Any] = clinic.client.reads(query, code=code)["instrument"]
    return found


# What is measured


def test_the_page_names_the_five_factors_of_the_mission() -> None:
    assert [factor for factor, _ in FACTORS] == [
        "Empathy",
        "Trust and confidentiality",
        "Collaborative goals",
        "Communication",
        "Consistency and reliability",
    ]


@pytest.mark.parametrize(("factor", "constructs"), FACTORS, ids=[name for name, _ in FACTORS])
def test_every_factor_is_answered_by_a_form_that_needs_no_permission(
    house: House, factor: str, constructs: str
) -> None:
    clinic = a_clinic(house, permitted=None)
    plannable = set()
    for construct in re.findall(r"[A-Z]+", constructs):
        found = clinic.client.reads(
            "query($construct: Construct!) { instruments(construct: $construct) "
            "{ code plannable constructs } }",
            construct=construct,
        )["instruments"]
        assert found
        assert all(construct in each["constructs"] for each in found)
        plannable |= {each["code"] for each in found if each["plannable"]}
    assert {OURS, "alliance-check-in-t"} <= plannable


def test_forms_are_found_by_what_they_measure_and_who_answers_them(clinic: Clinic) -> None:
    found = clinic.therapist.reads(
        "{ instruments(construct: SAFETY) { code } "
        "therapists: instruments(construct: EMPATHY, informant: THERAPIST) { code } }"
    )
    assert found["instruments"] == [{"code": "risq"}]
    assert [each["code"] for each in found["therapists"]] == [
        "alliance-check-in-prediction",
        "alliance-check-in-t",
    ]
    assert clinic.client.asks('{ instruments(construct: "empathy") { code } }').status == 400


EVERYTHING = """
  id code baseCode version name informant language permissionRequired plannable verified validated
  source timeFrame instructions loinc constructs wordedAt
  licence { id status holder statement permissionRequired }
  permission { statement recordedAt } ages { minimum maximum signalsFrom }
  records { kind at statement wordsHash }
  items { number key minimum maximum step wording notApplicable construct safety
    anchors { value wording } }
  scales { key headline constructs items reversed minimum maximum polarity anyYes leastAnswered
    verified missingVerified loinc
    norms { population language n sd reliability kind source verified }
    reports { population n mean sd reliability kind reliableChange source verified }
    bands { key atLeast atMost below source verified } }
"""


def test_everything_about_every_form_is_one_request(clinic: Clinic) -> None:
    found = clinic.client.reads(f"{{ instruments {{ {EVERYTHING} }} }}")["instruments"]
    assert {each["code"] for each in found} == set(load_all())
    for each in found:
        told = load_all()[each["code"]]
        assert each["baseCode"] == each["code"]
        assert each["verified"] is told.verified, "what no source confirms is shown as such"
        assert [scale["verified"] for scale in sorted(each["scales"], key=_key)] == [
            scale.verified for scale in sorted(told.scales, key=lambda scale: scale.key)
        ]
        headline = [scale["key"] for scale in each["scales"] if scale["headline"]]
        assert headline == ([told.headline.key] if told.headline else [])


def _key(scale: Mapping[str, Any]) -> str:
    return str(scale["key"])


def test_a_form_says_what_its_file_says(clinic: Clinic) -> None:
    phq = form(clinic, "phq-9", EVERYTHING)
    assert phq["licence"]["status"] == load_all()["phq-9"].licence.status.value
    assert phq["loinc"] == load_all()["phq-9"].loinc
    assert [item["number"] for item in phq["items"] if item["safety"]] == [9]
    assert phq["items"][0]["anchors"][0] == {"value": 0, "wording": "Not at all"}
    [total] = phq["scales"]
    assert (total["polarity"], total["leastAnswered"]) == ("LOWER_IS_BETTER", 7)
    assert total["reports"]
    assert total["bands"]

    child = form(clinic, "alliance-check-in-child", "ages { minimum maximum signalsFrom }")
    assert child["ages"] == {"minimum": 6, "maximum": 11, "signalsFrom": 11}
    care = form(clinic, "care", "items { notApplicable anchors { value } }")
    assert care["items"][0] == {"notApplicable": True, "anchors": []}
    nip = form(clinic, "c-nip-1.1", "timeFrame scales { key polarity bands { atLeast verified } }")
    assert nip["timeFrame"] == "GENERAL"
    assert nip["scales"][0]["polarity"] is None
    assert nip["scales"][0]["bands"][0] == {"atLeast": 8, "verified": False}


# Who may use it


def _plan(clinic: Clinic, story: Story, code: str, informant: str = "client") -> dict[str, Any]:
    return {
        "case": story.case_id,
        "instrument": code,
        "informant": clinic.people[informant].id,
        "session": story.sessions[0],
        "opensAt": instant(now()),
        "dueAt": instant(now() + DAY),
    }


def test_a_form_that_needs_a_permission_waits_until_it_is_on_record(house: House) -> None:
    clinic = a_clinic(house, permitted=None)
    story = a_case(clinic).with_sessions(".")
    planned = _plan(clinic, story, "wai-sr-c")
    submitted = {
        "case": story.case_id,
        "instrument": "wai-sr-c",
        "answers": answers(3, 12),
    }
    refused = [("PERMISSION_REQUIRED", "instrument")]
    assert clinic.therapist.refused("planMeasurement", **planned) == refused
    assert clinic.client.refused("submitMeasurement", **submitted) == refused
    select = "plannable permission { statement } licence { status permissionRequired }"
    assert form(clinic, "wai-sr-c", select) == {
        "plannable": False,
        "permission": None,
        "licence": {"status": "PERMISSION_REQUIRED", "permissionRequired": True},
    }

    with house.engine.begin() as connection:
        found = instruments.find(connection, clinic.organisation, "wai-sr-c")
        assert found is not None
        packs.permit(connection, clinic.organisation, [found], "Released.", datetime.now(UTC))
    assert form(clinic, "wai-sr-c", "plannable permission { statement }") == {
        "plannable": True,
        "permission": {"statement": "Released."},
    }
    clinic.therapist.done("planMeasurement", "", **planned)
    clinic.client.done("submitMeasurement", "", **submitted)


def test_what_is_free_is_planned_and_submitted_without_a_permission(house: House) -> None:
    clinic = a_clinic(house, permitted=None)
    story = a_case(clinic).with_sessions(".")
    clinic.therapist.done("planMeasurement", "", **_plan(clinic, story, OURS))
    clinic.client.done(
        "submitMeasurement", "", case=story.case_id, instrument=OURS, answers=answers(3)
    )


def test_a_permission_of_one_clinic_is_none_of_another(house: House) -> None:
    one, other = a_clinic(house, permitted=seed.DEMONSTRATION), a_clinic(house, permitted=None)
    assert form(one, "srs-3", "plannable permission { statement }") == {
        "plannable": True,
        "permission": {"statement": seed.DEMONSTRATION},
    }
    assert form(other, "srs-3", "plannable permission { statement } records { kind }") == {
        "plannable": False,
        "permission": None,
        "records": [],
    }


def _young(clinic: Clinic, years: int, *, days: int = 0) -> Story:
    """Begin a case of a client who turned so many years so many days ago."""
    born = date.today() - timedelta(days=days)  # noqa: DTZ011  (a birthday)
    born = born.replace(year=born.year - years, day=min(born.day, 28))
    with clinic.house.engine.begin() as connection:
        child = seed.person(connection, clinic.organisation, "The child", birth_date=born)
        case = seed.case(
            connection, clinic.organisation, child, {clinic.therapist.uuid: "THERAPIST"}
        )
    person = clinic.another_person("child")
    clinic.people["child"] = type(person)(clinic.house, "child", child, clinic.organisation)
    return a_case(clinic, case=case, client=clinic.child, hours=4).with_sessions(".")


@pytest.mark.parametrize(
    ("years", "fitting", "other"),
    [(9, "alliance-check-in-child", OURS), (14, OURS, "alliance-check-in-child")],
)
def test_a_form_made_for_another_age_is_not_planned(
    clinic: Clinic, years: int, fitting: str, other: str
) -> None:
    story = _young(clinic, years, days=40)
    refused = clinic.therapist.does("planMeasurement", **_plan(clinic, story, other, "child"))
    [problem] = refused.data["planMeasurement"]["problems"]
    assert (problem["code"], problem["field"]) == ("AGE_OUT_OF_RANGE", "instrument")
    assert "years of age" in problem["message"]
    clinic.therapist.done("planMeasurement", "", **_plan(clinic, story, fitting, "child"))


def test_of_a_client_whose_birth_date_nobody_may_know_no_age_is_assumed(clinic: Clinic) -> None:
    story = _young(clinic, 9, days=40)
    blind = clinic.therapist.can(
        "user/EpisodeOfCare.rs user/Appointment.rs user/ServiceRequest.crs"
    )
    blind.done("planMeasurement", "", **_plan(clinic, story, OURS, "child"))

    unknown = clinic.another_person("unknown")
    other = a_case(clinic, case=clinic.another_case(unknown), client=unknown, hours=8)
    other.with_sessions(".")
    given = _plan(clinic, other, "alliance-check-in-child", "unknown")
    clinic.therapist.done("planMeasurement", "", **given)


# In which words


def _answered(clinic: Clinic, who: str, code: str, session: str, value: float) -> str:
    made = clinic.people[who].done(
        "submitMeasurement",
        "scores { scale raw change { reason norm { sd } } }",
        case=clinic.case_id,
        instrument=code,
        session=session,
        answers=answers(value),
        disclosure="SHARED",
    )
    return str(made["id"])


def test_a_translation_is_a_form_of_its_own_everywhere(clinic: Clinic) -> None:
    load(clinic, CHECK_IN_DE, CHECK_IN_T_DE)
    german = form(clinic, "alliance-check-in-de", EVERYTHING)
    assert (german["baseCode"], german["language"], german["validated"]) == (OURS, "de", False)
    assert german["permission"]["statement"] == CHECK_IN_DE.statement
    assert german["items"][0]["wording"] == CHECK_IN_DE.wordings[1]
    assert german["items"][0]["anchors"][4] == {"value": 4, "wording": "Völlig"}
    assert german["instructions"] == CHECK_IN_DE.instructions
    assert [record["kind"] for record in german["records"]] == ["WORDING"]

    story = a_case(clinic).with_sessions("k k k k").with_ratings(client="0000")
    clinic.therapist.done("planMeasurement", "", **_plan(clinic, story, "alliance-check-in-de"))
    for session, value in zip(story.sessions, (3, 2, 4, 1), strict=True):
        _answered(clinic, "client", "alliance-check-in-de", session, value)
        _answered(clinic, "therapist", "alliance-check-in-t-de", session, value)
    found = clinic.therapist.reads(TRENDS, case=story.case_id, form="alliance-check-in-de")["case"]
    assert found["latestScores"] == [
        {"instrumentCode": "alliance-check-in-de", "raw": raw} for raw in (5, 20, 10, 15)
    ]
    assert found["trajectory"]["n"] == 4
    assert found["trajectory"]["points"][0]["change"] is None
    assert found["concordance"]["instrumentCode"] == "alliance-check-in-t-de"
    assert (found["concordance"]["n"], found["concordance"]["unit"]) == (4, "RAW")
    assert found["concordance"]["bias"]["value"] == 0
    # The original's series is not mixed with it.
    original = clinic.therapist.reads(TRENDS, case=story.case_id, form=OURS)["case"]
    assert {score["raw"] for score in original["latestScores"]} == {0}
    assert original["concordance"] is None


TRENDS = """
query($case: ID!, $form: String!, $scale: String, $with: String) {
  case(id: $case) {
    latestScores(instrument: $form, informant: CLIENT, scale: $scale, last: 4) {
      instrumentCode raw }
    trajectory(instrument: $form, informant: CLIENT, scale: $scale) {
      n scale points { raw change { norm { sd } } } }
    concordance(instrument: $form, scale: $scale, therapistForm: $with) {
      clientCode instrumentCode n unit bias { value } absoluteGap { value n } reason method { id } }
  }
}
"""


def test_a_translation_that_nobody_loaded_is_no_form(clinic: Clinic) -> None:
    given = {"case": clinic.case_id, "answers": answers(3)}
    for code in ("alliance-check-in-fr", "alliance-check-in-xx", "wai-sr-c-de"):
        assert form(clinic, code, "code") is None
        assert clinic.client.refused("submitMeasurement", instrument=code, **given) == [
            ("UNKNOWN_INSTRUMENT", "instrument")
        ]


def test_of_a_translation_nothing_is_claimed_that_was_found_with_other_words(
    clinic: Clinic,
) -> None:
    load(clinic, pack_of("phq-9", "de", "Satz"))
    select = "validated scales { norms { sd } reports { sd } bands { key verified } }"
    german, original = form(clinic, "phq-9-de", select), form(clinic, "phq-9", select)
    assert original["scales"][0]["reports"]
    assert german["validated"] is False
    assert german["scales"][0]["norms"] == german["scales"][0]["reports"] == []
    assert [band["key"] for band in german["scales"][0]["bands"]] == [
        band["key"] for band in original["scales"][0]["bands"]
    ]
    assert not any(band["verified"] for band in german["scales"][0]["bands"])


def test_loading_new_words_says_how_often_the_old_ones_were_answered(clinic: Clinic) -> None:
    load(clinic, CHECK_IN_DE)
    story = a_case(clinic).with_sessions("k")
    _answered(clinic, "client", "alliance-check-in-de", story.sessions[0], 3)
    with clinic.house.engine.begin() as connection:
        again = pack_of(OURS, "de", "Andere Worte")
        done = packs.load(connection, clinic.organisation, again, datetime.now(UTC))
    assert (done.made, done.changed, done.measured) == (False, True, 1)
    assert done.items == {1, 2, 3, 4, 5}
    hashes = [
        record["wordsHash"]
        for record in form(clinic, "alliance-check-in-de", "records { wordsHash }")["records"]
    ]
    assert len(set(hashes)) == 2


# What counts where no scale is named


def test_without_a_scale_the_one_that_stands_for_the_form_is_meant(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions("k k")
    for session in story.sessions:
        clinic.client.done(
            "submitMeasurement",
            "",
            case=story.case_id,
            instrument="wai-sr-c",
            session=session,
            answers=answers(4, 12),
            disclosure="SHARED",
        )
    said, unsaid, part = (
        clinic.client.reads(TRENDS, case=story.case_id, form="wai-sr-c", **scale)["case"]
        for scale in ({"scale": "total"}, {}, {"scale": "bond"})
    )
    assert said == unsaid
    assert said["trajectory"]["scale"] == "total"
    assert [score["raw"] for score in said["latestScores"]] == [48, 48]
    assert [score["raw"] for score in part["latestScores"]] == [16, 16]
    assert (
        clinic.client.reads(TRENDS, case=story.case_id, form="wai-sr-c", scale=None)["case"]
        == unsaid
    )


def test_a_form_that_must_not_be_summed_up_has_no_scale_unless_one_is_named(
    clinic: Clinic,
) -> None:
    story = a_case(clinic).with_sessions("k")
    clinic.client.done(
        "submitMeasurement",
        "",
        case=story.case_id,
        instrument="c-nip-1.1",
        answers=answers(2, 18),
        disclosure="SHARED",
    )
    asked = {"case": story.case_id, "form": "c-nip-1.1"}
    unsaid = clinic.client.reads(TRENDS, **asked)["case"]
    assert unsaid == {"latestScores": [], "trajectory": None, "concordance": None}
    named = clinic.client.reads(TRENDS, **asked, scale="directiveness")["case"]
    assert [score["raw"] for score in named["latestScores"]] == [10]
    unknown = clinic.client.reads(TRENDS, case=story.case_id, form="nonsense")["case"]
    assert unknown == unsaid


def _picture(clinic: Clinic, path: str) -> Any:
    return clinic.house.get(f"/v1/cases/{clinic.case_id}/charts/{path}", clinic.client.headers)


def test_a_chart_draws_the_scale_that_stands_for_the_form_or_asks_for_one(clinic: Clinic) -> None:
    assert (
        _picture(clinic, "wai-sr-c.svg").text == _picture(clinic, "wai-sr-c.svg?scale=total").text
    )
    unsaid = _picture(clinic, "c-nip-1.1.svg")
    assert (unsaid.status_code, unsaid.json()["code"]) == (400, "UNKNOWN_SCALE")
    assert "directiveness" in unsaid.json()["detail"]
    assert _picture(clinic, "c-nip-1.1.svg?scale=directiveness").status_code == 200


def test_a_chart_of_a_translation_is_drawn_where_it_is_loaded(clinic: Clinic) -> None:
    unknown = _picture(clinic, "alliance-check-in-de.svg")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "UNKNOWN_INSTRUMENT")
    load(clinic, CHECK_IN_DE, CHECK_IN_T_DE)
    story = a_case(clinic).with_sessions("k k")
    for session in story.sessions:
        _answered(clinic, "client", "alliance-check-in-de", session, 3)
    drawn = _picture(clinic, "alliance-check-in-de.svg")
    assert drawn.status_code == 200
    assert "15" in drawn.text


# What a therapist foresees


def test_a_prediction_is_compared_with_what_the_client_then_answered(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions("k k k")
    story.with_ratings(client=[3, 1, 2], therapist=[4, 4, 4])
    for session, foreseen in zip(story.sessions, (2, 2, 2), strict=True):
        _answered(clinic, "therapist", "alliance-check-in-prediction", session, foreseen)
    asked = {"case": story.case_id, "form": OURS}
    own = clinic.therapist.reads(TRENDS, **asked)["case"]["concordance"]
    assert (own["instrumentCode"], own["method"]["id"]) == ("alliance-check-in-t", "concordance")
    assert own["bias"]["value"] == 10
    foreseen_ = clinic.therapist.reads(TRENDS, **asked, **{"with": "alliance-check-in-prediction"})
    found = foreseen_["case"]["concordance"]
    assert found["clientCode"] == OURS
    assert (found["n"], found["unit"], found["method"]["id"]) == (3, "RAW", "prediction")
    assert found["bias"]["value"] == 0
    assert found["absoluteGap"] == {"value": pytest.approx(10 / 3), "n": 3}
    assert (
        clinic.therapist.reads(TRENDS, **asked, **{"with": "wai-sr-t"})["case"]["concordance"]
        is None
    )


def test_who_was_asked_for_two_forms_reads_nothing_after_the_first(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions("k").asked("therapist", 0)
    given = _plan(clinic, story, "alliance-check-in-prediction", "therapist")
    clinic.therapist.done("planMeasurement", "", **given)
    theirs = _answered(clinic, "client", OURS, story.sessions[0], 3)
    query = (
        "query($id: ID!) { node(id: $id) { ... on Measurement "
        "{ scores { raw } withheld { facet reason } } } }"
    )

    def seen() -> Any:
        return clinic.therapist.reads(query, id=theirs)["node"]

    assert {each["reason"] for each in seen()["withheld"]} == {"RATE_FIRST"}
    _answered(clinic, "therapist", "alliance-check-in-prediction", story.sessions[0], 2)
    assert {each["reason"] for each in seen()["withheld"]} == {"RATE_FIRST"}
    _answered(clinic, "therapist", "alliance-check-in-t", story.sessions[0], 4)
    assert seen() == {"scores": [{"raw": 15}], "withheld": []}


def test_the_organisation_of_a_form_is_ones_own(house: House, clinic: Clinic) -> None:
    other = a_clinic(house)
    load(other, CHECK_IN_DE)
    [(foreign,)] = other.rows(
        "SELECT id FROM instruments WHERE organisation_id = %s AND code LIKE '%%-de'"
    )
    assert isinstance(foreign, UUID)
    query = "query($id: ID!) { node(id: $id) { ... on Instrument { items { wording } } } }"
    assert clinic.client.reads(query, id=f"instrument-{foreign}")["node"] is None
    assert form(clinic, "alliance-check-in-de", "code") is None
