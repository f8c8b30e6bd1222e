import hashlib
import re
from importlib import resources

import pytest

from alliance_api.domain.instruments import InformantRole, Instrument, Polarity, Scale
from alliance_api.domain.scoring import score
from alliance_api.instruments.checks import CONSTRUCTS
from alliance_api.instruments.examples import Example
from alliance_api.instruments.loader import load_all, load_examples
from alliance_api.instruments.lock import silent_changes
from alliance_api.instruments.page import example_row, instruments_page

pytestmark = pytest.mark.ground

SHIPPED = load_all()
EXAMPLES = [
    pytest.param(SHIPPED[code], example, id=f"{code}: {example.name}")
    for code, examples in load_examples().items()
    for example in examples
]


@pytest.mark.parametrize(("instrument", "example"), EXAMPLES)
def test_every_instrument_keeps_its_examples(instrument: Instrument, example: Example) -> None:
    scores = {each.scale: each.raw for each in score(instrument, example.answers)}

    assert scores.keys() == example.raw.keys()
    for scale, raw in example.raw.items():
        assert scores[scale] == (raw if raw is None else pytest.approx(raw, abs=1e-6))


def test_the_shipped_forms_each_have_examples() -> None:
    assert set(SHIPPED) == {
        "alliance-check-in",
        "alliance-check-in-caregiver",
        "alliance-check-in-child",
        "alliance-check-in-prediction",
        "alliance-check-in-t",
        "arm-5",
        "arm-5-t",
        "c-nip-1.1",
        "care",
        "csrs",
        "gad-7",
        "haq-2",
        "haq-2-t",
        "ors",
        "phq-9",
        "risq",
        "seq-5",
        "seq-5-t",
        "sparq",
        "srs-3",
        "tasc-r",
        "tasc-r-p",
        "tasc-r-t",
        "wai-36",
        "wai-36-t",
        "wai-s",
        "wai-s-t",
        "wai-sr-c",
        "wai-sr-t",
    }
    assert all(len(load_examples()[code]) >= 3 for code in SHIPPED)
    assert load_all() is SHIPPED


@pytest.mark.parametrize("instrument", SHIPPED.values(), ids=lambda each: each.code)
def test_the_headline_is_made_of_every_item_or_there_is_none(instrument: Instrument) -> None:
    total = instrument.headline
    uncounted = {item.number for item in instrument.items} - {
        number for scale in instrument.scales for number in scale.items
    }

    assert (total is None) is (instrument.code in {"c-nip-1.1", "seq-5", "seq-5-t", "sparq"})
    assert uncounted == ({1} if instrument.code.startswith("seq-5") else set())
    assert instrument.constructs
    if total is not None:
        assert total is instrument.scales[0]
        assert not total.headline, "the total need not say so"
        assert set(total.items) == {item.number for item in instrument.items}


@pytest.mark.parametrize("instrument", SHIPPED.values(), ids=lambda each: each.code)
def test_wording_is_there_exactly_where_the_licence_allows_it(instrument: Instrument) -> None:
    licence = instrument.licence
    may = licence.wording_may_be_shipped

    assert may is (licence.id in {"CC0-1.0", "LicenseRef-PHQ"})
    assert not (may and licence.permission_required)
    for item in instrument.items:
        assert bool(item.wording) is bool(item.anchors) is may
        assert may or re.fullmatch(r"item-\d+", item.key)
    assert bool(instrument.instructions) is may


def test_keys_no_source_confirms_say_so() -> None:
    assert {code for code, each in SHIPPED.items() if each.verified} == {
        "alliance-check-in",
        "alliance-check-in-caregiver",
        "alliance-check-in-child",
        "alliance-check-in-prediction",
        "alliance-check-in-t",
        "c-nip-1.1",
        "care",
        "gad-7",
        "ors",
        "phq-9",
        "srs-3",
        "tasc-r",
        "tasc-r-p",
        "wai-sr-c",
    }


def test_every_factor_of_the_mission_is_measured_by_some_form() -> None:
    measured = {construct for each in SHIPPED.values() for construct in each.constructs}

    assert measured == CONSTRUCTS
    assert {"empathy", "bond", "goals", "communication", "reliability"} <= measured


def test_only_symptoms_and_warnings_are_better_when_they_are_low() -> None:
    low, neither = (
        {
            (each.code, scale.key)
            for each in SHIPPED.values()
            for scale in each.scales
            if scale.polarity is polarity
        }
        for polarity in (Polarity.LOWER_IS_BETTER, None)
    )

    assert low == {("gad-7", "total"), ("phq-9", "total"), ("risq", "total"), ("sparq", "negative")}
    assert {code for code, _ in neither} == {"c-nip-1.1", "seq-5", "seq-5-t"}


def test_no_claim_about_change_without_a_confirmed_sd() -> None:
    assert not any(scale.norms for each in SHIPPED.values() for scale in each.scales)
    assert {
        (each.code, report.reliable_change)
        for each in SHIPPED.values()
        for scale in each.scales
        for report in scale.reports
        if report.verified and report.reliable_change is not None
    } == {("phq-9", 6), ("gad-7", 4)}


def test_few_lines_are_never_prorated() -> None:
    for each in SHIPPED.values():
        if any(item.step < 1 for item in each.items):
            assert all(scale.all_required for scale in each.scales)


@pytest.mark.parametrize(
    ("code", "fitting", "others"),
    [
        ("alliance-check-in", (12, 40), (6, 11)),
        ("alliance-check-in-child", (6, 11), (5, 12)),
        ("csrs", (6, 12), (5, 13)),
        ("srs-3", (13, 80), (12,)),
        ("tasc-r-p", (4, 13), (3, 14)),
        ("phq-9", (0, 99), ()),
    ],
)
def test_a_form_knows_the_ages_it_is_made_for(
    code: str, fitting: tuple[int, ...], others: tuple[int, ...]
) -> None:
    ages = SHIPPED[code].ages

    assert all(ages.fit(years) for years in fitting)
    assert not any(ages.fit(years) for years in others)


def test_no_signal_is_drawn_from_the_youngest() -> None:
    assert {code: each.ages.signals_from for code, each in SHIPPED.items()} == {
        **dict.fromkeys(SHIPPED),
        "tasc-r": 11,
        "alliance-check-in-child": 11,
    }


def test_two_forms_with_twelve_items_have_two_keys() -> None:
    revised, short = SHIPPED["wai-sr-c"], SHIPPED["wai-s"]

    assert len(revised.items) == len(short.items) == 12
    for one, other in zip(revised.scales, short.scales, strict=True):
        assert one.key == other.key
        if one.key in {"goal", "task"}:
            assert set(one.items) != set(other.items)


def test_every_item_of_the_wai_36_belongs_to_one_scale() -> None:
    for code in ("wai-36", "wai-36-t"):
        total, *scales = SHIPPED[code].scales
        assert sorted(n for scale in scales for n in scale.items) == list(range(1, 37))
        assert sorted(n for scale in scales for n in scale.reversed) == sorted(total.reversed)
        assert len(total.reversed) == 14


def test_the_two_forms_of_the_wai_sr_are_not_parallel() -> None:
    client, therapist = SHIPPED["wai-sr-c"], SHIPPED["wai-sr-t"]

    assert (client.informant, therapist.informant) == (
        InformantRole.CLIENT,
        InformantRole.THERAPIST,
    )
    assert (len(client.items), len(therapist.items)) == (12, 10)
    assert [scale.key for scale in therapist.scales] == ["total"]
    assert (client.verified, therapist.verified) == (True, False)


def test_a_prediction_asks_about_every_item_what_the_client_will_say() -> None:
    client, foreseen = SHIPPED["alliance-check-in"], SHIPPED["alliance-check-in-prediction"]

    assert foreseen.informant is InformantRole.THERAPIST
    assert foreseen.ages == client.ages
    assert [(item.key, item.anchors) for item in foreseen.items] == [
        (item.key, item.anchors) for item in client.items
    ]
    assert all(
        item.wording and item.wording.startswith("My client will say that ")
        for item in foreseen.items
    )
    assert (foreseen.instructions or "").startswith("Before you read what your client answered")


def test_our_own_forms_are_parallel_and_do_not_pretend_to_be_validated() -> None:
    ours = [each for code, each in SHIPPED.items() if code.startswith("alliance-check-in")]
    (first, *others) = [[(item.key, item.construct) for item in each.items] for each in ours]

    assert len(ours) == 5
    assert all(other == first for other in others)
    assert not any(each.validated for each in ours)
    assert {each.informant for each in ours} == set(InformantRole)
    assert all(
        each.constructs == {"empathy", "bond", "goals", "communication", "reliability"}
        for each in ours
    )


def test_children_get_short_sentences_of_short_words_and_three_steps() -> None:
    child = SHIPPED["alliance-check-in-child"]

    for item in child.items:
        words = re.findall(r"[a-z]+", (item.wording or "").lower())
        assert len(words) <= 9
        assert all(len(word) <= 8 for word in set(words) - {"therapist"})
        assert [anchor.value for anchor in item.anchors] == [0, 1, 2]


def test_the_lowest_anchor_of_the_gad_7_is_not_at_all() -> None:
    for code in ("gad-7", "phq-9"):
        for item in SHIPPED[code].items:
            assert (item.anchors[0].value, item.anchors[0].text) == (0, "Not at all")


def test_one_item_of_the_phq_9_may_call_for_help_at_once() -> None:
    assert [item.number for item in SHIPPED["phq-9"].items if item.safety] == [9]


@pytest.mark.parametrize(
    ("scale", "least"),
    [
        (Scale("s", (1,)), 1),
        (Scale("s", (1, 2)), 2),
        (Scale("s", tuple(range(4))), 3),
        (Scale("s", tuple(range(7))), 6),
        (Scale("s", tuple(range(10))), 8),
        (Scale("s", tuple(range(20)), min_share=0.85), 17),
        (Scale("s", tuple(range(9)), max_missing=2), 7),
        (Scale("s", (1, 2), max_missing=2), 1),
        (Scale("s", tuple(range(4)), all_required=True), 4),
    ],
)
def test_a_scale_knows_how_many_answers_it_needs(scale: Scale, least: int) -> None:
    assert scale.least_answered == least


def test_the_lock_holds_the_shipped_forms_as_they_are() -> None:
    folder = resources.files("alliance_api.instruments")
    locked = folder.joinpath("instruments.lock").read_text(encoding="utf-8")
    shipped = "".join(
        f"{hashlib.sha256(folder.joinpath(f'{code}.toml').read_bytes()).hexdigest()}  "
        f"{code}@{each.version}\n"
        for code, each in SHIPPED.items()
    )

    assert silent_changes(locked, shipped) == ()
    assert sorted(locked.splitlines()) == sorted(shipped.splitlines())


def test_the_page_names_every_form_and_every_scale() -> None:
    page = instruments_page()

    assert page == instruments_page()
    for code, each in SHIPPED.items():
        for scale in each.scales:
            assert f"| `{code}` | {scale.key} |" in page
    for code, examples in load_examples().items():
        for example in examples:
            assert f"| {' | '.join(example_row(SHIPPED[code], example))} |\n" in page
    assert (
        "| `care` | three items missing: no score (SC07) | 5 4 4 5 4 5 4 – – – | total none |"
        in (page)
    )
    assert " | 5 4 4 5 4 5 4 4 – n/a | total 43.75 |\n" in page
    for line in page.splitlines():
        assert not line.startswith("|") or line.endswith("|")
