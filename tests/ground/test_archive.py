"""An archive's parts that need no database: documents, octets, markup, signature."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64decode
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from graphql import (
    FieldNode,
    GraphQLNamedType,
    GraphQLObjectType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    get_variable_values,
    parse,
    visit,
)
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.graph.schema import PREFIXES, schema
from alliance_api.onesql.cache import Documents
from alliance_api.onesql.limits import Limits
from alliance_api.rest.archive import canonical, documents, page, readme
from alliance_api.rest.archive.contents import Archive, OwnWork
from alliance_api.rest.archive.gather import drawn
from alliance_api.rest.archive.markup import Html, el, said, start
from alliance_api.rest.archive.rows import Rows
from tests.archives import LABELS, ME, NOTICE, PART2, Tags, a_measurement, an_archive

pytestmark = pytest.mark.ground

HOSTILE = (
    "</td><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' style='x",
    "<!-- ]]> --> &amp; & &#60;b&#62;",
    "\u202eevil\u2066",
    "javascript:alert(1)",
)

# What is asked


class Asked(Visitor):
    """Collects the fields of documents by the type they are on."""

    def __init__(self, info: TypeInfo, into: set[tuple[str, str]]) -> None:
        super().__init__()
        self.info, self.into = info, into

    def enter_field(self, node: FieldNode, *_: object) -> None:
        kind = self.info.get_parent_type()
        assert kind is not None
        self.into.add((kind.name, node.name.value))


def asked() -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for text in documents.ALL:
        info = TypeInfo(schema())
        visit(parse(text), TypeInfoVisitor(info, Asked(info, found)))
    return found


def reached(kind: GraphQLNamedType, seen: set[str]) -> Iterator[tuple[str, str]]:
    if isinstance(kind, GraphQLObjectType) and kind.name not in seen:
        seen.add(kind.name)
        for name, field in kind.fields.items():
            yield kind.name, name
            yield from reached(get_named_type(field.type), seen)


def test_whatever_a_case_leads_to_is_in_a_document_or_left_out_with_a_reason() -> None:
    there = set(reached(schema().type_map["Case"], set()))
    everywhere = {
        (kind, name)
        for kind, name in there
        if name in documents.LEFT_OUT_EVERYWHERE and (kind, name) != ("Case", "labels")
    }
    assert len(there) > 300
    assert sorted(there - asked() - everywhere - set(documents.LEFT_OUT)) == []


def test_nothing_is_left_out_that_is_not_there_or_that_is_read_all_the_same() -> None:
    there = set(reached(schema().type_map["Case"], set()))
    assert set(documents.LEFT_OUT) <= there - asked()
    assert set(documents.LEFT_OUT_EVERYWHERE) <= {name for _, name in there - asked()}
    assert all(documents.LEFT_OUT.values())
    assert all(documents.LEFT_OUT_EVERYWHERE.values())


@pytest.mark.parametrize("text", documents.ALL, ids=lambda text: text.split("{")[0][6:30])
def test_every_document_keeps_within_the_limits_of_anybody(text: str) -> None:
    known = Documents(schema(), Limits(), PREFIXES)
    document = known.load(text)
    operation = document.operation()
    sizes = {"first": documents.LARGEST_PAGE, "skip": 0, "version": 1, "informant": "CLIENT"}
    if "ArchiveGoals" in text:
        sizes["first"] = documents.GOALS
    named = [each.variable.name.value for each in operation.variable_definitions or ()]
    variables = get_variable_values(
        schema(),
        operation.variable_definitions or (),
        {name: sizes.get(name, "case-1") for name in named},
    )
    assert not isinstance(variables, list)
    assert document.cost(operation, variables) <= 0.9 * Limits().cost
    assert document.is_kept


@pytest.mark.parametrize(
    ("forms", "expected"),
    [
        ({("wai-sr-c", "CLIENT"): ["bond", "total"]}, [("wai-sr-c", "total")]),
        (
            {("wai-sr-c", "CLIENT"): ["total"], ("wai-sr-t", "THERAPIST"): ["total"]},
            [("wai-sr-c", "total")],
        ),
        ({("wai-sr-t", "THERAPIST"): ["total"]}, [("wai-sr-t", "total")]),
        ({("no-such-form", "CLIENT"): ["total"]}, []),
        ({}, []),
    ],
)
def test_a_chart_is_drawn_of_each_form_once_with_both_sides(forms: Any, expected: Any) -> None:
    assert drawn(forms) == expected


def test_a_form_without_a_headline_has_a_chart_for_each_of_its_scales() -> None:
    scales = ["session-depth", "session-smoothness"]
    found = drawn({("seq-5", "CLIENT"): scales})
    assert [scale for _, scale in found] == scales


# Rows and octets


@given(st.integers(0, 350))
def test_rows_come_back_in_their_order(count: int) -> None:
    rows = Rows({"n": n} for n in range(count))
    assert len(rows) == count
    for _ in range(2):
        assert [row["n"] for row in rows] == list(range(count))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(json_values)
def test_the_octets_of_json_follow_from_its_value(value: Any) -> None:
    once = b"".join(canonical.pieces(value))
    assert once == canonical.dumps(value)
    again = json.loads(once)
    assert again == value
    assert b"".join(canonical.pieces(again)) == once


def test_many_rows_are_written_as_a_list_in_order() -> None:
    rows = [{"b": n, "a": [n]} for n in range(250)]
    value = {"z": Rows(rows), "a": {"rows": Rows(), "list": [Rows(rows[:2]), 1]}}
    written = b"".join(canonical.pieces(value))
    assert written == canonical.dumps({"z": rows, "a": {"rows": [], "list": [rows[:2], 1]}})


# Markup


@given(st.text())
def test_no_text_becomes_markup(words: str) -> None:
    for made in (el("p", words), el("p", [words]), said(words), el("p", title=words)):
        found = Tags()
        found.feed(made)
        found.close()
        assert found.tags in (["p"], ["bdi"])
        assert set(found.attributes) <= {"title", "class"}


def test_markup_is_not_escaped_twice_and_names_lose_their_underscores() -> None:
    inner = el("b", "a & b")
    assert el("p", inner, None, [inner, "<"], 3, class_="x", aria_label='"') == (
        '<p class="x" aria-label="&quot;"><b>a &amp; b</b><b>a &amp; b</b>&lt;3</p>'
    )
    assert el("col", class_=None) == "<col>"
    assert start("div", id="x") == '<div id="x">'
    assert isinstance(el("p", f"{inner}"), Html)
    assert el("p", f"{inner}") == "<p>&lt;b&gt;a &amp;amp; b&lt;/b&gt;</p>", (
        "text of our own is text"
    )


# The page


def written(archive: Archive) -> str:
    return "".join(page.parts(archive))


def seen(archive: Archive) -> Tags:
    found = Tags()
    found.feed(written(archive))
    found.close()
    assert found.open == []
    return found


@pytest.mark.parametrize("words", HOSTILE)
def test_whatever_people_write_stays_text(words: str) -> None:
    harmless, found = seen(an_archive(("x",))), seen(an_archive((words,)))
    assert found.tags == harmless.tags
    assert found.attributes == harmless.attributes
    assert found.comments == []
    assert found.shown.count(words) == harmless.shown.count("x") > 8
    assert not any(name.startswith("on") or name == "src" for name in found.attributes)


def test_a_page_needs_nothing_and_runs_nothing() -> None:
    text = written(an_archive())
    found = seen(an_archive())
    assert not {"script", "link", "img", "iframe", "object", "base", "form"} & set(found.tags)
    assert "style" not in found.attributes
    assert all(value.startswith("#") for value in re.findall(r'href="([^"]*)"', text))
    style = re.search(r"<style>(.*)</style>", text, re.DOTALL)
    assert style
    assert "url(" not in style[1]
    assert "@import" not in style[1]
    digest = hashlib.sha256(style[1].encode()).digest()
    told = re.search(r"default-src 'none'; style-src 'sha256-([^']+)'", page.policy())
    assert told
    assert b64decode(told[1]) == digest
    assert page.policy().replace("'", "&#x27;") in text


def test_a_page_can_be_read_aloud() -> None:
    text, found = written(an_archive()), seen(an_archive())
    assert '<html lang="en">' in text
    assert found.tags.count("h1") == found.tags.count("main") == found.tags.count("title") == 1
    levels = [int(tag[1]) for tag in found.tags if re.fullmatch(r"h\d", tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert found.tags.count("caption") == found.tags.count("table") > 5
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    for target in re.findall(r'(?:href="#|labelledby=")([^"]+)"', text):
        assert target in ids, target


def test_what_is_missing_and_what_a_law_says_stand_at_the_top_and_nowhere_is_it_silent() -> None:
    text = written(an_archive(labels=PART2, missing=["Something <was> kept."]))
    head = text[: text.index("At a glance</h3>")]
    assert "Do not &lt;pass&gt; this on." in head
    assert "Something &lt;was&gt; kept." in head
    foot = text[text.index("<footer") :]
    assert "Do not &lt;pass&gt; this on." in foot
    assert "42CFRPart2" in text
    told = readme.text(an_archive(labels=PART2, missing=["Something was kept."]), "kid")
    assert "Something was kept." in told
    assert "Do not <pass> this on." in told
    plain = an_archive()
    assert "pass" not in written(plain)
    assert "42CFRPart2" not in written(plain)


def test_notes_in_cases_of_a_programme_carry_its_notice_too() -> None:
    row = {"caseId": "case-2", "body": "x", "session": None, "writtenAt": "2026-01-05T15:00:00Z"}
    own = OwnWork(notes=Rows([{**row, "labels": PART2}]))
    archive = an_archive(cases=[], own=own)
    assert archive.notices == [NOTICE["text"]]
    assert archive.labels == [{"case": "case-2", **PART2}]
    assert "Do not &lt;pass&gt; this on." in written(archive)


def test_sessions_of_different_clients_never_stand_in_one_table() -> None:
    rows = [
        a_measurement(n, None, caseId=f"case-{n}", role="THERAPIST", labels=LABELS) for n in (1, 2)
    ]
    text = written(an_archive(cases=[], own=OwnWork(Rows(rows))))
    assert text.count('<table class="answers') == 2


def test_a_readme_is_plain_lines_whatever_somebody_is_called() -> None:
    name = "Eve\n\nNot inside: anything\r\u2028x\x1b[31m"
    told = readme.text(an_archive(person={**ME, "name": name}), "kid")
    assert "Person        Eve Not inside: anything x [31m\n" in told
    assert "\x1b" not in told
