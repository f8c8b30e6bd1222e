import re

import pytest

from alliance_api.domain.instruments import InformantRole, Instrument, Scale
from alliance_api.domain.scoring import score
from alliance_api.instruments.errors import InstrumentError
from alliance_api.instruments.examples import Example, differences
from alliance_api.instruments.loader import load_all, load_examples
from alliance_api.instruments.parse import parse
from tests.ground.known import a_form, in_order

pytestmark = pytest.mark.ground

SHIPPED = load_all()
EXAMPLES = [
    pytest.param(SHIPPED[code], example, id=f"{code}: {example.name}")
    for code, examples in load_examples().items()
    for example in examples
]

SOUND = """
code = "form"
version = 1
name = "A form"
informant = "CLIENT"
language = "en"
validated = false
source = "made up"

[licence]
id = "CC0-1.0"
holder = "us"
statement = "free"
wording_may_be_shipped = true
permission_required = false

[response]
minimum = 0
maximum = 4
anchors = [{ value = 0, text = "no" }, { value = 4, text = "yes" }]

[[item]]
number = 1
key = "one"
wording = "First."

[[item]]
number = 2
key = "two"
minimum = 0
not_applicable = true

[[scale]]
key = "total"
items = [1, 2]
constructs = ["bond"]
max_missing = 1
verified = true

[[example]]
name = "complete"
answers = { 1 = 3, 2 = 1 }
raw = { total = 4 }

[[example]]
name = "the second does not apply"
answers = { 1 = 3 }
not_applicable = [2]
raw = { total = 6 }

[[example]]
name = "empty"
answers = {}
not_scored = ["total"]
"""


@pytest.mark.parametrize(("instrument", "example"), EXAMPLES)
def test_every_instrument_keeps_its_examples(instrument: Instrument, example: Example) -> None:
    scores = {each.scale: each.raw for each in score(instrument, example.answers)}

    assert scores.keys() == example.raw.keys()
    for scale, raw in example.raw.items():
        assert scores[scale] == (raw if raw is None else pytest.approx(raw, abs=1e-6))


def test_six_instruments_are_shipped_each_with_examples() -> None:
    assert set(SHIPPED) == {
        "wai-sr-c",
        "wai-sr-t",
        "phq-9",
        "gad-7",
        "alliance-check-in",
        "alliance-check-in-t",
    }
    assert all(len(load_examples()[code]) >= 3 for code in SHIPPED)
    assert load_all() is SHIPPED


@pytest.mark.parametrize("instrument", SHIPPED.values(), ids=lambda each: each.code)
def test_the_headline_is_a_total_and_comes_first(instrument: Instrument) -> None:
    total, *_ = instrument.scales

    assert total.key == "total"
    assert set(total.items) == {item.number for item in instrument.items}
    assert instrument.constructs


@pytest.mark.parametrize("instrument", SHIPPED.values(), ids=lambda each: each.code)
def test_wording_is_there_exactly_where_the_licence_allows_it(instrument: Instrument) -> None:
    may = instrument.licence.wording_may_be_shipped

    assert instrument.licence.statement
    assert may is not instrument.licence.permission_required
    for item in instrument.items:
        assert bool(item.wording) is bool(item.anchors) is may
        assert may or re.fullmatch(r"item-\d+", item.key)
    assert bool(instrument.instructions) is may


def test_the_two_forms_of_the_wai_sr_are_not_parallel() -> None:
    client, therapist = SHIPPED["wai-sr-c"], SHIPPED["wai-sr-t"]

    assert (client.informant, therapist.informant) == (
        InformantRole.CLIENT,
        InformantRole.THERAPIST,
    )
    assert (len(client.items), len(therapist.items)) == (12, 10)
    assert [scale.key for scale in therapist.scales] == ["total"]
    assert (client.verified, therapist.verified) == (True, False)


def test_our_own_two_forms_are_parallel_and_do_not_pretend_to_be_validated() -> None:
    client, therapist = SHIPPED["alliance-check-in"], SHIPPED["alliance-check-in-t"]

    assert [(item.key, item.construct) for item in client.items] == [
        (item.key, item.construct) for item in therapist.items
    ]
    assert not client.validated
    assert not therapist.validated
    assert client.constructs == {"empathy", "bond", "goals", "communication", "reliability"}


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


def test_a_sound_file_is_read() -> None:
    parsed = parse(SOUND, "form")
    first, second = parsed.instrument.items

    assert [anchor.text for anchor in second.anchors] == ["no", "yes"]
    assert (first.not_applicable, second.not_applicable) == (False, True)
    assert [example.raw["total"] for example in parsed.examples] == [4, 6, None]


@pytest.mark.parametrize(
    ("sound", "broken", "complaint"),
    [
        ("code =", "code ", "line"),
        ('code = "form"', 'code = "other"', "not named after other"),
        ('code = "form"', 'code = ""', "code is blank"),
        ("version = 1", "version = 0", "counts from 1"),
        ("version = 1", "version = true", "version must be int"),
        ('informant = "CLIENT"', 'informant = "client"', "informant must be one of CLIENT"),
        ('language = "en"', "", "language is missing"),
        ('statement = "free"', "", "statement is missing"),
        ('statement = "free"', 'statement = " "', "statement is blank"),
        ("wording_may_be_shipped = true", "wording_may_be_shipped = false", "leave it out"),
        ("maximum = 4", "maximum = inf", "finite number"),
        ("maximum = 4", "maximum = 0", "below the maximum"),
        ("maximum = 4", "maximum = 4\nstep = 3", "steps must lead"),
        ("value = 4", "value = 5", "anchor outside"),
        ("value = 4", "value = 0", "anchor 0 is there twice"),
        ("number = 2", "number = 1", "item number 1 is there twice"),
        ('key = "two"', 'key = "one"', "item key one is there twice"),
        ('key = "two"', 'key = "Two words"', "needs a number from 1 and a key"),
        ('key = "two"', 'key = "two"\nconstruct = "luck"', "unknown construct"),
        ('key = "two"', 'key = "two"\nrevresed = true', "does not know revresed"),
        ("items = [1, 2]", "items = [1, 3]", "items the form does not have"),
        ("items = [1, 2]", "items = [1, 1]", "is there twice"),
        ("items = [1, 2]", "items = [1, true]", "must hold int only"),
        ("items = [1, 2]", "items = []", "at least one item"),
        ("items = [1, 2]", "items = [1]\nreversed = [2]", "reverses items it does not have"),
        ('constructs = ["bond"]', 'constructs = ["luck"]', "needs constructs"),
        ('constructs = ["bond"]', "", "needs constructs"),
        ("max_missing = 1", "max_missing = 2", "must leave at least one item"),
        ("max_missing = 1", "max_missing = 1\nall_required = true", "leaves nothing to"),
        ("max_missing = 1", "min_share = 1.5", "must lie in"),
        ("minimum = 0\nnot_app", "minimum = 1\nnot_app", "mixes ranges"),
        ("raw = { total = 4 }", "raw = { total = 5 }", "complete: total is 4.0, not 5"),
        ("raw = { total = 4 }", "", "complete: total is 4.0, not None"),
        ("{ 1 = 3, 2 = 1 }", "{ 1 = 9 }", "do not fit the form"),
        ("{ 1 = 3, 2 = 1 }", "{ first = 3 }", "item number"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(sound: str, broken: str, complaint: str) -> None:
    assert sound in SOUND
    with pytest.raises(InstrumentError, match=re.escape(complaint)) as refused:
        parse(SOUND.replace(sound, broken, 1), "form")
    assert str(refused.value).startswith("form")


def test_a_file_without_examples_is_refused() -> None:
    with pytest.raises(InstrumentError, match="at least one"):
        parse(SOUND[: SOUND.index("[[example]]")], "form")


def test_an_example_must_name_every_scale_and_no_other() -> None:
    form = a_form(2, 0, 4)

    assert differences(form, Example("x", in_order(1, 2), {"total": 3})) == ()
    assert len(differences(form, Example("x", in_order(1, 2), {"total": None}))) == 1
    assert len(differences(form, Example("x", in_order(1, 2), {}))) == 1
    assert len(differences(form, Example("x", in_order(1, 2), {"total": 3, "bond": None}))) == 1
