from dataclasses import replace

import pytest

from alliance_api.domain.instruments import Ages, Licence, LicenceStatus
from alliance_api.domain.permissions import fits_age, may_be_planned
from alliance_api.instruments.loader import load_all
from tests.ground.known import OURS, a_form, told

pytestmark = pytest.mark.ground

FORMS = load_all()
FREE = {
    "alliance-check-in",
    "alliance-check-in-caregiver",
    "alliance-check-in-child",
    "alliance-check-in-prediction",
    "alliance-check-in-t",
    "c-nip-1.1",
    "care",
    "gad-7",
    "phq-9",
    "seq-5",
    "seq-5-t",
}


def _under(status: LicenceStatus, *, verified: bool) -> Licence:
    return replace(OURS, status=status, verified=verified)


def test_what_nobody_may_use_without_asking_waits_for_a_recorded_permission() -> None:
    assert {code for code, form in FORMS.items() if may_be_planned(form, False) is None} == FREE
    assert all(may_be_planned(form, True) is None for form in FORMS.values())


def test_the_refusal_names_the_way_out() -> None:
    problem = may_be_planned(FORMS["srs-3"], False)

    assert problem is not None
    assert (problem.code, problem.field) == ("PERMISSION_REQUIRED", "instrument")
    assert problem.message == (
        "This form needs a licence for electronic use: "
        "record the permission first with `alliance instruments permit srs-3`."
    )


@pytest.mark.parametrize("status", LicenceStatus)
def test_a_status_nobody_confirmed_counts_as_needing_permission(status: LicenceStatus) -> None:
    form = replace(a_form(1, 0, 4), licence=_under(status, verified=False))

    problem = may_be_planned(form, False)
    assert problem is not None
    assert told([problem]) == [("PERMISSION_REQUIRED", "instrument")]
    assert may_be_planned(form, True) is None


def test_a_free_form_nobody_confirmed_is_said_to_be_unconfirmed() -> None:
    form = replace(a_form(1, 0, 4), licence=_under(LicenceStatus.FREE, verified=False))
    problem = may_be_planned(form, False)

    assert problem is not None
    assert problem.message.startswith("This form's licence is not confirmed: ")


def test_statuses_are_complete_and_what_may_be_passed_on_may_be_used() -> None:
    usable = {status for status in LicenceStatus if status.usable}
    shareable = {status for status in LicenceStatus if status.redistributable}

    assert shareable < usable
    assert usable - shareable == {LicenceStatus.FREE_TO_USE_NO_REDISTRIBUTION}
    assert set(LicenceStatus) - usable == {
        LicenceStatus.PERMISSION_REQUIRED,
        LicenceStatus.ELECTRONIC_USE_PROHIBITED,
        LicenceStatus.ALL_RIGHTS_RESERVED,
    }


@pytest.mark.parametrize(
    ("code", "years", "told"),
    [
        ("alliance-check-in-child", 6, None),
        ("alliance-check-in-child", 11, None),
        ("alliance-check-in-child", 12, "from 6 to 11 years"),
        ("alliance-check-in", 11, "from 12 years"),
        ("alliance-check-in", 12, None),
        ("phq-9", 120, None),
    ],
)
def test_a_form_is_refused_for_clients_of_another_age(
    code: str, years: int, told: str | None
) -> None:
    problem = fits_age(FORMS[code], years)

    if told is None:
        assert problem is None
    else:
        assert problem is not None
        assert (problem.code, problem.field) == ("AGE_OUT_OF_RANGE", "instrument")
        assert told in problem.message


def test_a_form_with_only_an_upper_age_says_so() -> None:
    form = replace(a_form(1, 0, 4), ages=Ages(maximum=9))
    problem = fits_age(form, 10)

    assert problem is not None
    assert "for clients to 9 years" in problem.message
