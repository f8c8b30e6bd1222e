"""The page of an archive: one file that needs nothing else, for a screen and for paper."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from importlib import resources

from alliance_api.charter.labels import MEANING

from . import own
from .contents import Archive, CaseFile
from .markup import Html, el, end, raw, said, start
from .phrases import calendar_day, person
from .reader import Reader
from .sections import Section, sections
from .tables import note, pairs


@cache
def style() -> str:
    """Return the style sheet."""
    return resources.files(__package__ or "").joinpath("style.css").read_text(encoding="utf-8")


@cache
def policy() -> str:
    """Return what a browser may do with the page: show it, in this style, and nothing else."""
    digest = b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def parts(archive: Archive) -> Iterator[str]:
    """Yield the page."""
    yield "<!doctype html>\n"
    yield start("html", lang="en")
    yield _head(archive)
    yield start("body")
    yield el("a", "Skip to the content", href="#content", class_="skip")
    yield _title(archive)
    yield start("div", class_="columns")
    yield _contents(archive)
    yield start("main", id="content")
    yield from _warnings(archive)
    for index, case in enumerate(archive.cases, start=1):
        yield from _case(archive, case, index)
    yield from own.parts(archive)
    yield from _about(archive)
    for tag in ("main", "div"):
        yield end(tag)
    yield _foot(archive)
    yield end("body")
    yield end("html") + "\n"


def _head(archive: Archive) -> Html:
    return el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=policy()),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="referrer", content="no-referrer"),
        el("title", f"{person(archive.person)}: own data, {archive.instant[:10]}"),
        el("style", raw(style())),
    )


def _title(archive: Archive) -> Html:
    one = archive.person
    facts = [
        ("Born", calendar_day(one["birthDate"]) if one["birthDate"] else None),
        ("Language", one["language"]),
        ("Kept by", said(archive.organisation["name"])),
        ("Made", f"{calendar_day(archive.instant[:10])}, {archive.instant[11:16]} UTC"),
    ]
    return el(
        "header",
        el("p", "Everything of your own in Alliance", class_="eyebrow"),
        el("h1", said(person(one))),
        pairs(facts),
    )


def _contents(archive: Archive) -> Html:
    entries: list[Html] = []
    for index, case in enumerate(archive.cases, start=1):
        links = [
            el("li", el("a", section.title, href=f"#{_anchor(index, section)}"))
            for section in sections(Reader(archive, case))
            if section.there
        ]
        entries.append(el("li", _named(archive, case, index), el("ol", links)))
    if len(archive.own):
        entries.append(el("li", el("a", own.TITLE, href=f"#{own.ID}")))
    entries.append(el("li", el("a", "About this file", href="#about")))
    return el("nav", el("ol", entries), aria_label="Contents")


def _named(archive: Archive, case: CaseFile, index: int) -> Html:
    return el("a", _case_title(archive, case, index), href=f"#case-{index}")


def _case_title(archive: Archive, case: CaseFile, index: int) -> str:
    since = calendar_day(case.frame["openedOn"])
    return f"Your therapy since {since}" if len(archive.cases) == 1 else f"Therapy {index}, {since}"


def _anchor(index: int, section: Section) -> str:
    return f"case-{index}-{section.id}"


def _warnings(archive: Archive) -> Iterator[Html]:
    for each in archive.notices:
        yield el("aside", el("p", each), class_="notice", aria_label="Legal notice")
    if archive.missing:
        told = [el("p", each) for each in archive.missing]
        yield el("aside", el("h2", "Not everything is here"), told, class_="notice")
    if not archive.cases and not len(archive.own):
        yield el("p", "There is nothing of yours here that you may see.")


def _case(archive: Archive, case: CaseFile, index: int) -> Iterator[Html]:
    yield start("section", id=f"case-{index}", class_="case", aria_labelledby=f"case-{index}-title")
    yield el("h2", _case_title(archive, case, index), id=f"case-{index}-title")
    empty = []
    for section in sections(Reader(archive, case)):
        if not section.there:
            empty.append(section.title)
            continue
        anchor = _anchor(index, section)
        yield start("section", id=anchor, aria_labelledby=f"{anchor}-title")
        yield el("h3", section.title, id=f"{anchor}-title")
        yield from section.write(Reader(archive, case))
        yield end("section")
    if empty:
        yield note(f"There is nothing under: {', '.join(empty)}.")
    yield end("section")


def _about(archive: Archive) -> Iterator[Html]:
    yield start("section", id="about", aria_labelledby="about-title")
    yield el("h2", "About this file", id="about-title")
    yield el(
        "p",
        "Here is what you may see: all that you said yourself, and of what others said about the "
        "work with you what they opened to you. Where something is there and not shown, its reason "
        "is given. Every figure, with its error and the rule that made it, is in ",
        el("code", "data.json"),
        ".",
    )
    yield el(
        "p",
        "It is signed. Whoever has the public keys of the organisation can find out whether it was "
        "changed: ",
        el("code", "alliance export verify FILE --keys KEYS"),
        ".",
    )
    codes = {
        code: None
        for row in archive.labels
        for names in (
            (row["confidentiality"],),
            row["sensitivity"],
            row["policies"],
            row["obligations"],
        )
        for code in names
    }
    yield pairs([(code, MEANING.get(code, code)) for code in codes])
    yield note("It is confidential: whoever has this file can read all of it.")
    yield end("section")


def _foot(archive: Archive) -> Html:
    """Return what stands below every printed copy."""
    told = [el("p", each, class_="law") for each in archive.notices]
    by = f"{archive.instant} · {archive.person['id']} · confidential"
    return el("footer", told, el("p", by))
