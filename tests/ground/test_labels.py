"""Labels: every facet has one, and what a programme or an age adds is never lost."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from alliance_api.charter import notices
from alliance_api.charter.facets import HOLDINGS, Facet
from alliance_api.charter.labels import (
    ACT_CODE,
    CONFIDENTIALITY,
    LABELS,
    MEANING,
    Confidentiality,
    Label,
    highest,
    labelled,
    of_resource,
    resources,
)
from alliance_api.charter.notices import read_notices
from alliance_api.charter.scopes import GATES

pytestmark = pytest.mark.ground

R, N, V = Confidentiality.R, Confidentiality.N, Confidentiality.V
GOOD = """[[notice]]
policy = "42CFRPart2"
id = "ours"
version = "7"
text = "As counsel wrote it."
citation = "A letter"
reviewed = 2026-11-23
verified = true
"""


@pytest.fixture
def own_notices() -> Iterator[None]:
    """Put back what was in force."""
    yield
    notices.use({})


def test_every_facet_has_a_label_and_every_code_is_explained() -> None:
    assert set(LABELS) == set(Facet)
    for facet, part2, young in product(Facet, (False, True), (False, True)):
        label = labelled(facet, part2=part2, young=young)
        assert label.sensitivity
        assert {code for _, code in label.codings} <= set(MEANING), facet


@pytest.mark.parametrize(
    ("facet", "expected"),
    [
        (Facet.CLIENT_SCORES, Label(R, ("PSY",))),
        (Facet.ATTENDANCE, Label(N, ("BH",))),
        (Facet.PROCESS_NOTE, Label(V, ("PSYTHPN",), ("HIPAAPsyNotes",))),
    ],
)
def test_the_suggested_labels_are_the_fact_sheets(facet: Facet, expected: Label) -> None:
    assert labelled(facet) == expected


def test_the_three_informants_measurements_are_labelled_alike() -> None:
    for what in ("MEASUREMENT", "SCORES", "ANSWERS", "COMMENT"):
        found = {LABELS[Facet[f"{who}_{what}"]] for who in ("CLIENT", "THERAPIST", "CAREGIVER")}
        assert len(found) == 1, what


@pytest.mark.parametrize("facet", Facet)
def test_a_part_2_programme_restricts_and_forbids_to_pass_on_whatever_the_facet(
    facet: Facet,
) -> None:
    plain, found = labelled(facet), labelled(facet, part2=True)
    assert found.confidentiality is (V if plain.confidentiality is V else R)
    assert found.sensitivity == (*plain.sensitivity, "SUD")
    assert found.policies == (*plain.policies, "42CFRPart2")
    assert found.obligations == ("NORDSCLCD",)


@pytest.mark.parametrize("facet", Facet)
def test_a_young_client_adds_one_code_and_nothing_else(facet: Facet) -> None:
    for part2 in (False, True):
        plain = labelled(facet, part2=part2)
        found = labelled(facet, part2=part2, young=True)
        assert found.sensitivity == (*plain.sensitivity, "ADOL")
        assert found == Label(
            plain.confidentiality, found.sensitivity, plain.policies, plain.obligations
        )


def test_of_several_labels_the_highest_counts_and_nothing_is_said_twice() -> None:
    note, score = labelled(Facet.PROCESS_NOTE, part2=True), labelled(Facet.CLIENT_SCORES)
    both = highest([score, note, score])
    assert both == Label(
        V, ("PSY", "PSYTHPN", "SUD"), ("HIPAAPsyNotes", "42CFRPart2"), ("NORDSCLCD",)
    )
    assert highest([]) == Label(N)


def test_every_resource_type_that_tells_of_somebody_has_the_highest_label_of_its_facets() -> None:
    told = {gate.partition(".")[0] for holding in HOLDINGS.values() for gate in holding.gates}
    known = {gate.partition(".")[0] for gate in GATES}
    assert known - told == {"Patient", "Questionnaire", "MeasureReport"}
    for resource in (*told, "Patient"):
        label = of_resource(resource, part2=True)
        facets = [facet for facet in Facet if resource in resources(facet)]
        assert label == highest([labelled(facet, part2=True) for facet in facets])
    assert of_resource("Observation").confidentiality is R
    for resource in ("Questionnaire", "MeasureReport"):
        with pytest.raises(LookupError):
            of_resource(resource)


def test_codings_name_the_system_of_each_code() -> None:
    assert labelled(Facet.GOAL, part2=True).codings == (
        (CONFIDENTIALITY, "R"),
        (ACT_CODE, "PSY"),
        (ACT_CODE, "SUD"),
        (ACT_CODE, "42CFRPart2"),
        (ACT_CODE, "NORDSCLCD"),
    )


def test_the_shipped_notice_is_the_short_form_and_says_that_nobody_checked_it() -> None:
    notice = notices.part2()
    assert "prohibits unauthorized use or disclosure of these records" in notice.text
    assert not notice.verified
    assert notice.version
    assert notice.citation.startswith("42 CFR 2.32")


@pytest.mark.usefixtures("own_notices")
def test_a_clinics_own_words_take_the_place_of_ours() -> None:
    notices.use(read_notices(GOOD))
    found = notices.part2()
    assert (found.id, found.version, found.text) == ("ours", "7", "As counsel wrote it.")
    notices.use({})
    assert notices.part2().id == "42-cfr-2.32-short"


@pytest.mark.parametrize(
    "broken",
    [
        GOOD.replace('text = "As counsel wrote it."\n', ""),
        GOOD.replace('"As counsel wrote it."', '" "'),
        GOOD.replace("verified = true", "verified = 1"),
        GOOD.replace("reviewed = 2026-11-23", 'reviewed = "today"'),
        GOOD + "more = 1\n",
        GOOD + GOOD,
    ],
)
def test_a_notice_that_is_incomplete_or_told_twice_is_refused(broken: str) -> None:
    with pytest.raises(ValueError, match="notice"):
        read_notices(broken)
