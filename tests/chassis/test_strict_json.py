import contextlib
import json
import math
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.strict_json import MAX_DEPTH, BadJson, parse

pytestmark = pytest.mark.ground

LIMIT = 2**53

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-LIMIT, LIMIT),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
)
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner))


def refusal(body: bytes) -> BadJson:
    with pytest.raises(BadJson) as caught:
        parse(body)
    return caught.value


@given(value=values, ascii_only=st.booleans(), indent=st.sampled_from([None, 0, 2]))
def test_what_python_writes_reads_back_equal(
    value: object, ascii_only: bool, indent: int | None
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert parse(text.encode()) == value


@given(body=st.binary())
def test_arbitrary_bytes_are_read_or_refused(body: bytes) -> None:
    read_or_refuse(body)


@given(body=st.text(st.sampled_from('{}[],:"\\u0ae1-+.nl \n\0\ud83d'), max_size=60))
def test_near_json_is_read_or_refused(body: str) -> None:
    read_or_refuse(body.encode(errors="surrogatepass"))


def read_or_refuse(body: bytes) -> None:
    try:
        value = parse(body)
    except BadJson:
        return
    assert value == json.loads(body, object_pairs_hook=no_key_twice)


def no_key_twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


@given(value=values, at=st.integers(0), junk=st.binary(min_size=1, max_size=3))
def test_a_damaged_body_is_read_or_refused(value: object, at: int, junk: bytes) -> None:
    body = json.dumps(value).encode()
    at %= len(body) + 1
    read_or_refuse(body[:at] + junk + body[at + 1 :])


@pytest.mark.parametrize("body", [b"", b" ", b"\n\t "])
def test_an_empty_body_is_refused(body: bytes) -> None:
    assert refusal(body).message == "The body is empty."


@pytest.mark.parametrize(
    "body",
    [
        b'"\xff"',
        b'"\xc0\x80"',
        b'"\xed\xa0\x80"',
        b'"\xf4\x90\x80\x80"',
        b'{"\xe9":1}',
        b"\xff\xfe[\0",
    ],
)
def test_bytes_that_are_not_utf_8_are_refused(body: bytes) -> None:
    assert refusal(body).message == "The body is not UTF-8."


@pytest.mark.parametrize(
    "body",
    [
        *(b"NaN", b"[NaN]", b"Infinity", b"-Infinity", b'{"a":NaN}', b"nan", b"inf"),
        *(b"[1]]", b"1 2", b"{} {}", b"[]x", b"null\0", b"[]\xc2\xa0"),
        *(b"[1,]", b"{'a':1}", b"[01]", b"[+1]", b"[.5]", b"[5.]", b"0x10", b"//\n1", b"{a:1}"),
        *(b"\xef\xbb\xbf[]", b'"\x01"', b'"\n"', b'"\\x"', b'"', b'"\\'),
        *(b'"a\x00b"', b'{"\x00":1}', b"[\x00]", b"True", b"None", b"undefined"),
    ],
)
def test_what_is_not_json_is_refused(body: bytes) -> None:
    assert refusal(body).message == "The body is not JSON."


@pytest.mark.parametrize(
    "body", [rb'"\ud800"', rb'"\udc00"', rb'"\ud800\ud800"', rb'"\udc00\ud800"', rb'{"\ud800x":1}']
)
def test_half_a_surrogate_pair_is_refused(body: bytes) -> None:
    refusal(body)


def test_a_whole_surrogate_pair_is_one_character() -> None:
    assert parse(rb'"\ud83d\ude00"') == "\U0001f600"


@pytest.mark.parametrize(
    "body", [rb'"\u0000"', rb'"a\u0000b"', rb'{"\u0000":1}', rb'["\\\u0000"]', rb'["\\\\\u0000"]']
)
def test_an_escaped_nul_is_refused(body: bytes) -> None:
    assert refusal(body).message == "A text contains the character NUL."


def test_a_text_about_the_escape_is_no_nul() -> None:
    assert parse(rb'["\\u0000", "\\\\u0000", "\\\\\\u0000"]') == [
        "\\u0000",
        "\\\\u0000",
        "\\\\\\u0000",
    ]


@pytest.mark.parametrize(
    "nest",
    [
        lambda levels: b"[" * levels + b"]" * levels,
        lambda levels: b'{"a":' * levels + b"1" + b"}" * levels,
        lambda levels: b'[0,{"]":"}"},' * (levels - 1) + b"[]" + b"]" * (levels - 1),
    ],
)
def test_thirty_two_levels_pass_and_thirty_three_do_not(nest: Callable[[int], bytes]) -> None:
    parse(nest(32))
    assert refusal(nest(33)).message == "The body is nested more than 32 levels deep."


def test_brackets_side_by_side_or_in_a_text_are_no_depth() -> None:
    assert parse(b"[" + b"[]," * 500 + b'"' + b"[" * 500 + b'"]')[-1] == "[" * 500


@given(value=values)
def test_depth_is_that_of_the_tree(value: object) -> None:
    wrapped = value
    for _ in range(MAX_DEPTH - depth(value)):
        wrapped = [0, wrapped, "["]
    parse(json.dumps(wrapped).encode())
    assert "nested" in refusal(json.dumps({"": wrapped}).encode()).message


def depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000, b'[{"":' * 50_000]
)
def test_a_hundred_thousand_levels_are_refused_at_once(body: bytes) -> None:
    started = time.perf_counter()
    assert refusal(body).message == "The body is nested more than 32 levels deep."
    assert time.perf_counter() - started < 1.0


@pytest.mark.parametrize(
    "text",
    [
        *("9007199254740993", "-9007199254740993", "18446744073709551616", "1" + "0" * 200),
        *("[1, 9007199254740993]", '{"a":-10000000000000000}', "[9007199254740993 ]"),
    ],
)
def test_an_integer_a_double_cannot_hold_is_refused(text: str) -> None:
    assert refusal(text.encode()).message == "An integer is beyond 2**53."


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9007199254740992", LIMIT),
        ("-9007199254740992", -LIMIT),
        ("-0", 0),
        ("1e16", 1e16),
        ("1e-0000000000000001", 0.1),
        ("1e+0000000000000001", 10.0),
        ("0.12345678901234567890", 0.12345678901234568),
        ("12345678901234567.5", 12345678901234567.5),
        ("12345678901234567e3", 12345678901234567e3),
        ('"90071992547409939"', "90071992547409939"),
        ('{"90071992547409939":1}', {"90071992547409939": 1}),
    ],
)
def test_numbers_up_to_the_limit_fractions_and_digits_in_texts_pass(
    text: str, value: object
) -> None:
    read = parse(text.encode())
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    "body", [b"1e999", b"[-1e999]", b'{"a":123.4e400}', b"1e99999999999", b"1" * 9999]
)
def test_a_number_beyond_a_double_is_refused(body: bytes) -> None:
    assert refusal(body).message == "A number is too large."


def test_a_number_too_small_for_a_double_is_zero() -> None:
    assert math.isclose(parse(b"1e-999"), 0.0)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":1}',
        rb'{"a":1,"\u0061":2}',
        b'{"a":{"b":1},"a":{}}',
        b'[{"x":[{"a":1,"b":2,"a":3}]}]',
        b'{"":1,"":2}',
    ],
)
def test_a_key_named_twice_is_refused(body: bytes) -> None:
    assert refusal(body).message == "An object names a key twice."


def test_one_name_in_two_objects_and_colons_in_texts_pass() -> None:
    assert parse(b'[{"a:":":"},{"a:":"\\":"}]') == [{"a:": ":"}, {"a:": '":'}]


def test_a_refusal_says_where_in_characters() -> None:
    assert refusal('["é", x]'.encode()).position == 6
    assert refusal('["é", "b\\u0000"]'.encode()).position == 8
    assert refusal(b'"\xff"').position is None


@pytest.mark.parametrize(
    "body",
    [b"SECRET", b'{"SECRET":1,"SECRET":2}', b'"SECRET\\u0000"', b'"SECRET\xff"', b'["SECRET"'],
)
def test_a_refusal_holds_nothing_of_the_body(body: bytes) -> None:
    error = refusal(body)
    assert "SECRET" not in f"{error!r} {error.args} {vars(error)}"
    assert error.__context__ is None


@pytest.mark.parametrize(
    "family",
    [
        lambda n: b'"' + b'\\"' * n + b'"',
        lambda n: b'"' + b'\\"' * n,
        lambda n: b'"' + b"\\\\" * n + b'\\u0000"',
        lambda n: b"[" + b"[]," * n + b"[]]",
        lambda n: b"[" + b'{"":[]},' * (n // 4) + b"[]]",
        lambda n: b"[" + b"1" * n + b"]",
        lambda n: b"[" + b'"",' * n + b'""]',
        lambda n: b'{"":' + b"1" * n + b',"":0}',
        lambda n: b"[" + b"1234567890123456.0," * (n // 16) + b"1]",
    ],
)
def test_a_long_body_of_any_shape_takes_linear_time(family: Callable[[int], bytes]) -> None:
    body = family(300_000)
    started = time.perf_counter()
    with contextlib.suppress(BadJson):
        parse(body)
    assert time.perf_counter() - started < 3.0
