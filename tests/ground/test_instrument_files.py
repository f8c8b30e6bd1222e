import re

import pytest

from alliance_api.domain.instruments import Ages
from alliance_api.instruments.errors import InstrumentError
from alliance_api.instruments.examples import Example, differences
from alliance_api.instruments.lock import silent_changes
from alliance_api.instruments.parse import parse
from tests.ground.known import a_form, in_order

pytestmark = pytest.mark.ground

SOUND = """
code = "form"
version = 1
name = "A form"
informant = "CLIENT"
language = "en"
validated = false
source = "made up"

[ages]
minimum = 12
maximum = 17

[licence]
id = "CC0-1.0"
holder = "us"
statement = "free"
status = "FREE"
evidence = "ours"
verified = true
wording_may_be_shipped = true

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
polarity = "HIGHER_IS_BETTER"
max_missing = 1
verified = true

[[scale.norm]]
sd = 1.5
reliability = 0.8
reliability_kind = "RETEST"
population = "nobody"
source = "made up"
verified = false

[[scale.report]]
population = "nobody"
source = "made up"
verified = false
mean = 3
reliability = 0.7
reliability_kind = "ALPHA"

[[scale.band]]
key = "low"
source = "made up"
verified = false
at_least = 1
below = 3

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


def test_a_sound_file_is_read() -> None:
    parsed = parse(SOUND, "form")
    first, second = parsed.instrument.items

    assert [anchor.text for anchor in second.anchors] == ["no", "yes"]
    assert (first.not_applicable, second.not_applicable) == (False, True)
    assert [example.raw["total"] for example in parsed.examples] == [4, 6, None]
    assert parsed.instrument.ages == Ages(12, 17)
    assert parsed.instrument.time_frame is None
    (scale,) = parsed.instrument.scales
    assert [norm.sd for norm in scale.norms] == [1.5]
    assert [report.mean for report in scale.reports] == [3]
    assert [band.holds(raw) for band in scale.bands for raw in (0, 1, 3)] == [False, True, False]


SECOND = """
[[scale]]
key = "second"
items = [2]
constructs = ["bond"]
polarity = "HIGHER_IS_BETTER"
headline = true
verified = true
"""


def test_a_scale_may_stand_for_the_form_although_it_is_not_the_total() -> None:
    raw = SOUND.replace("total = 4", "total = 4, second = 1").replace(
        '["total"]', '["total", "second"]'
    )
    raw = raw.replace("raw = { total = 6 }", 'raw = { total = 6 }\nnot_scored = ["second"]')
    start = raw.index("[[example]]")
    form = parse(raw[:start] + SECOND + raw[start:], "form").instrument

    assert form.headline is form.scales[1]
    assert parse(SOUND, "form").instrument.headline is not None
    twice = raw.replace("max_missing = 1", "max_missing = 1\nheadline = true")
    with pytest.raises(InstrumentError, match="at most one scale is the headline"):
        parse(
            twice[: twice.index("[[example]]")] + SECOND + twice[twice.index("[[example]]") :],
            "form",
        )


def test_items_that_are_all_alike_may_be_counted() -> None:
    start, end = SOUND.index("[[item]]"), SOUND.index("[[scale]]")
    counted = SOUND[:start] + SOUND[end:]
    counted = counted.replace("maximum = 4\nanchors", "maximum = 4\ncount = 2\nanchors")
    counted = counted.replace("maximum = 4", "maximum = 4\nnot_applicable = true")

    assert [(item.number, item.key) for item in parse(counted, "form").instrument.items] == [
        (1, "item-1"),
        (2, "item-2"),
    ]


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
        ('status = "FREE"', "", "status is missing"),
        ('status = "FREE"', 'status = "NICE"', "status must be one of FREE"),
        ('status = "FREE"', 'status = "FREE_TO_USE_NO_REDISTRIBUTION"', "under a verified licence"),
        ('evidence = "ours"', "", "evidence is missing"),
        ("verified = true\nwording", "verified = false\nwording", "under a verified licence"),
        ("[licence]", "[lizenz]", "licence: id is missing"),
        ("minimum = 12", "minimum = 18", "not fall"),
        ("minimum = 12", "minimum = -1", "must not be negative"),
        ("minimum = 12", "minimum = 12\nsignals_from = 30", "not fall"),
        ('language = "en"', 'language = "en"\ntime_frame = "ONCE"', "time_frame must be one of"),
        ("maximum = 4\nanchors", "maximum = 4\ncount = 2\nanchors", "not both"),
        ("maximum = 4\nanchors", "maximum = 4\nstep = 0.5\nanchors", "has few lines"),
        ('polarity = "HIGHER_IS_BETTER"', "", "polarity is missing"),
        ('polarity = "HIGHER_IS_BETTER"', 'polarity = "UP"', "NEITHER"),
        ("sd = 1.5", "sd = 0", "sd must be above 0"),
        ("sd = 1.5", "", "sd must be a finite number"),
        ("reliability = 0.8", "reliability = 1", "sd must be above 0, and reliability"),
        ("reliability = 0.7", "reliability = 7", "must lie in (0, 1]"),
        ("reliability = 0.7\n", "", "belong together"),
        ("mean = 3", "reliable_change = 0", "must be above 0"),
        (
            'mean = 3\nreliability = 0.7\nreliability_kind = "ALPHA"',
            "",
            "report: needs a figure",
        ),
        ("below = 3", "below = 9", "within the range of the scale"),
        ("at_least = 1\nbelow = 3", "", "needs a limit"),
        ("below = 3", "below = 3\nat_most = 2", "not both"),
        ("below = 3", "at_most = 0", "nothing lies between"),
        ("below = 3", 'below = 3\n[[scale.band]]\nkey = "low"', "source is missing"),
        ("max_missing = 1", "max_missing = 1\nheadline = 1", "headline must be bool"),
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


OLD = "aa  form@1\nbb  other@2\n"


@pytest.mark.parametrize(
    ("new", "silent"),
    [
        (OLD, ()),
        (OLD + "cc  third@1\n", ()),
        ("aa  form@1\ncc  other@3\n", ()),
        ("cc  form@1\nbb  other@2\n", ("form@1",)),
        ("aa  form@1\n", ("other@2",)),
        ("aa  form@1\ncc  other@1\n", ("other@2",)),
        ("", ("form@1", "other@2")),
    ],
)
def test_a_published_version_may_not_change_or_vanish_silently(
    new: str, silent: tuple[str, ...]
) -> None:
    assert silent_changes(OLD, new) == silent
