from dataclasses import replace

import pytest

from alliance_api.domain.constructs import MEANING, Construct
from alliance_api.domain.instruments import Polarity
from alliance_api.domain.scoring import score
from alliance_api.instruments.forms import definition, headline_scale, origin, translated
from alliance_api.instruments.loader import load_all
from alliance_api.instruments.pairs import PARALLEL, counterpart, pairs
from tests.ground.known import in_order

pytestmark = pytest.mark.ground

FORMS = load_all()


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("wai-sr-c", ("wai-sr-c", None)),
        ("wai-sr-c-de", ("wai-sr-c", "de")),
        ("alliance-check-in-t", ("alliance-check-in-t", None)),
        ("alliance-check-in-t-pt-br", ("alliance-check-in-t", "pt-br")),
        ("alliance-check-in-de", ("alliance-check-in", "de")),
        ("c-nip-1.1-fr", ("c-nip-1.1", "fr")),
        ("alliance-check-in-DE", ("alliance-check-in-DE", None)),
        ("alliance-check-in-", ("alliance-check-in-", None)),
        ("alliance-check-in-nonsense", ("alliance-check-in-nonsense", None)),
        ("nonsense-de", ("nonsense-de", None)),
        ("", ("", None)),
        ("phq-9-de\n", ("phq-9-de\n", None)),
    ],
)
def test_a_code_says_of_which_form_it_is_a_translation(
    code: str, found: tuple[str, str | None]
) -> None:
    assert origin(code) == found


def test_every_shipped_form_is_its_own_and_so_is_every_translation_of_it() -> None:
    for code, form in FORMS.items():
        assert origin(code) == (code, None)
        assert definition(code) is form
        for language in ("de", "pt-BR", "es-419", "deu"):
            other = translated(form, language)
            assert origin(other.code) == (code, language.lower())
            assert other.code not in FORMS


@pytest.mark.parametrize("code", FORMS)
def test_a_translation_has_the_key_of_its_original_and_no_figure_of_it(code: str) -> None:
    form, german = FORMS[code], definition(f"{code}-de")

    assert german is not None
    assert (german.language, german.validated) == ("de", False)
    assert german.licence == form.licence
    assert german.instructions is None
    assert not any(item.wording or item.anchors for item in german.items)
    assert not any(scale.norms or scale.reports for scale in german.scales)
    assert not any(band.verified for scale in german.scales for band in scale.bands)
    answers = [item.maximum for item in form.items]
    assert score(german, in_order(*answers)) == score(form, in_order(*answers))
    assert headline_scale(german.code) == headline_scale(code)


def test_in_its_own_language_a_form_is_itself() -> None:
    assert translated(FORMS["care"], "en") is FORMS["care"]
    assert definition("nonsense") is None
    assert definition("care-en") is None


def test_the_headline_is_the_total_unless_a_scale_says_that_it_is() -> None:
    assert headline_scale("wai-sr-c") == "total"
    assert headline_scale("c-nip-1.1") is None
    assert headline_scale("nonsense") is None
    form = FORMS["sparq"]
    first, second = form.scales
    assert replace(form, scales=(first, replace(second, headline=True))).headline is not None


def test_the_therapists_forms_of_a_pair_are_in_the_clients_language() -> None:
    assert [pair.form for pair in pairs("alliance-check-in")] == [
        "alliance-check-in-t",
        "alliance-check-in-prediction",
    ]
    assert [pair.form for pair in pairs("wai-sr-c-de")] == ["wai-sr-t-de"]
    assert pairs("phq-9") == pairs("alliance-check-in-t") == pairs("nonsense") == ()


def test_a_form_and_its_counterpart_are_two_sides_of_one_instrument() -> None:
    assert counterpart("alliance-check-in") == "alliance-check-in-t"
    assert counterpart("alliance-check-in-t-de") == "alliance-check-in-de"
    assert counterpart("alliance-check-in-prediction") == "alliance-check-in"
    assert counterpart("wai-sr-t") == "wai-sr-c"
    assert counterpart("phq-9") is None
    assert counterpart("nonsense-de") is None


def test_parallel_forms_have_the_same_items_and_scales_that_are_better_when_high() -> None:
    for code, found in PARALLEL.items():
        for pair in found:
            client, therapist = FORMS[code], FORMS[pair.form]
            assert (client.informant.value, therapist.informant.value) == ("CLIENT", "THERAPIST")
            keys = [[item.key for item in form.items] for form in (client, therapist)]
            assert (keys[0] == keys[1]) is pair.item_parallel
            assert all(
                scale.polarity is Polarity.HIGHER_IS_BETTER
                for form in (client, therapist)
                for scale in form.scales
            )
    assert sum(pair.foresees for found in PARALLEL.values() for pair in found) == 1


def test_every_construct_has_a_meaning() -> None:
    assert set(MEANING) == set(Construct)
    assert all(meaning.endswith(".") for meaning in MEANING.values())
