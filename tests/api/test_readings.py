"""What a client is told of who read about them: sentences, for whoever knows no codes."""

from __future__ import annotations

from alliance_api.charter.plain import WHAT, WHY
from alliance_api.charter.principal import PURPOSES
from alliance_api.domain.disclosure import Disclosure
from alliance_api.graph.schema import sdl
from tests.api.test_relations import EMERGENCY
from tests.builders import a_case
from tests.people import Clinic, Person

READINGS = (
    "query($id: ID!) { case(id: $id) { readings(first: 50) { nodes { inWords by { id } } } } }"
)


def sentences(clinic: Clinic, by: Person) -> list[str]:
    """What the client is told that somebody did, latest first."""
    nodes = clinic.client.reads(READINGS, id=clinic.case_id)["case"]["readings"]["nodes"]
    return [node["inWords"] for node in nodes if node["by"]["id"] == by.id]


def test_a_reading_is_told_as_a_sentence(clinic: Clinic) -> None:
    a_case(clinic).with_sessions("k").with_ratings(client="3", disclosure=Disclosure.SHARED)
    clinic.therapist.reads(
        "query Look($id: ID!) { case(id: $id) { measurements(first: 1) { nodes { id "
        "answers { value } } } } }",
        id=clinic.case_id,
    )
    [told, *_] = sentences(clinic, clinic.therapist)
    assert told.startswith("Read answers, the outline of the case, which forms were filled in, ")
    assert ", for treatment, with " in told


def test_a_refused_attempt_is_told_without_what_it_was_after(clinic: Clinic) -> None:
    clinic.stranger.reads("query($id: ID!) { case(id: $id) { id } }", id=clinic.case_id)
    [told] = sentences(clinic, clinic.stranger)
    assert told.startswith("Tried something and was shown nothing, with ")


def test_what_changed_who_may_read_is_told_as_that(clinic: Clinic) -> None:
    given = clinic.client.done("giveConsent", "", case=clinic.case_id, kind="SUPERVISION")
    clinic.client.done("withdrawConsent", "", consent=given["id"])
    clinician = clinic.appoint("clinician", "CLINICIAN").can(EMERGENCY)
    clinician.done("breakGlass", "", case=clinic.case_id, reason="On call")
    own = [told.partition(",")[0] for told in sentences(clinic, clinic.client)]
    assert {"Gave a consent", "Took a consent back"} <= set(own)
    others = [told.partition(",")[0] for told in sentences(clinic, clinician)]
    assert "Opened this case in an emergency" in others


def test_a_reading_that_calls_itself_a_verb_is_told_as_a_reading(clinic: Clinic) -> None:
    clinic.therapist.reads(
        "query withdrawConsent($id: ID!) { case(id: $id) { consents { id } } }", id=clinic.case_id
    )
    [told, *_] = sentences(clinic, clinic.therapist)
    assert told.startswith("Read ")


def test_every_purpose_and_every_facet_has_its_words() -> None:
    assert WHY.keys() == PURPOSES
    assert "'" not in "".join((*WHAT.values(), *WHY.values()))
    facets = {
        line.split('facet: "')[1].split('"')[0] for line in sdl().splitlines() if 'facet: "' in line
    }
    assert len(facets) > 15
    assert facets <= WHAT.keys(), facets - WHAT.keys()
