"""Pages as a careful reader takes them: strict HTML, its forms, and what a keyboard and a voice need."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"meta", "link", "input", "br", "circle", "path", "img", "hr"})
FIELDS = frozenset({"input", "select", "textarea"})
LANDMARKS = ("header", "main", "footer", "nav")
FOCUSABLE = frozenset({"a", "button", "input", "select", "textarea", "summary"})


@dataclass(eq=False)
class Element:
    """An element with its attributes, its text and where it stands."""

    tag: str
    attributes: dict[str, str]
    parents: tuple[Element, ...] = ()
    text: str = ""

    def get(self, name: str, otherwise: str = "") -> str:
        return self.attributes.get(name, otherwise)

    def inside(self, tag: str) -> Element | None:
        return next((one for one in reversed(self.parents) if one.tag == tag), None)

    @property
    def hidden(self) -> bool:
        return self.get("type") == "hidden" or "hidden" in self.attributes


@dataclass
class Form:
    """A form: where it goes, what it holds, and its buttons by their text."""

    action: str
    method: str
    values: list[tuple[str, str]] = field(default_factory=list)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)

    def names(self) -> set[str]:
        return {name for name, _ in self.values}


class Page(HTMLParser):
    """A page that was read to its end. `faults` lists what is wrong with it."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.source = text
        self.elements: list[Element] = []
        self.faults: list[str] = []
        self._open: list[Element] = []
        if not text.startswith("<!doctype html>\n"):
            self.faults.append("no doctype")
        self.feed(text)
        self.close()
        self.faults += [f"<{one.tag}> is not closed" for one in self._open]
        self._check()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(set(names)) < len(names):
            self.faults.append(f"<{tag}> has an attribute twice")
        found = Element(tag, {name: value or "" for name, value in attrs}, tuple(self._open))
        self.elements.append(found)
        if tag not in VOID:
            self._open.append(found)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID or not self._open or self._open[-1].tag != tag:
            self.faults.append(f"</{tag}> closes nothing")
            return
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for one in self._open:
            one.text += data

    def all(self, tag: str) -> list[Element]:
        return [one for one in self.elements if one.tag == tag]

    def one(self, tag: str) -> Element:
        [found] = self.all(tag)
        return found

    def by_id(self, name: str) -> Element | None:
        return next((one for one in self.elements if one.get("id") == name), None)

    @property
    def title(self) -> str:
        return self.one("h1").text.strip()

    @property
    def text(self) -> str:
        return " ".join(self.one("body").text.split())

    @property
    def alerts(self) -> str:
        return " ".join(
            " ".join(one.text.split())
            for one in self.elements
            if one.get("role") == "alert" and not one.hidden
        )

    def form(self, action: str, holding: str = "") -> Form:
        """Return the form that goes there (and has a field of that name)."""
        found = [one for one in self.forms() if one.action == action]
        if holding:
            found = [one for one in found if holding in one.names()]
        assert found, f"no form goes to {action}: {[one.action for one in self.forms()]}"
        return found[0]

    def forms(self) -> list[Form]:
        return [self._form(one) for one in self.all("form")]

    def _form(self, element: Element) -> Form:
        data = {name: value for name, value in element.attributes.items() if name[:5] == "data-"}
        found = Form(element.get("action"), element.get("method"), data=data)
        for one in self.elements:
            if element not in one.parents:
                continue
            if one.tag == "input" and (
                one.get("type") not in ("radio", "checkbox") or "checked" in one.attributes
            ):
                found.values.append((one.get("name"), one.get("value")))
            if one.tag == "button":
                found.buttons[one.text.strip()] = (one.get("name"), one.get("value"))
        return found

    def _check(self) -> None:
        self._check_frame()
        self._check_ids()
        self._check_fields()
        self._check_headings()
        for one in self.elements:
            self._check_element(one)

    def _check_frame(self) -> None:
        if not self.one("html").get("lang"):
            self.faults.append("no language")
        for landmark in LANDMARKS:
            if len(self.all(landmark)) != 1:
                self.faults.append(f"{len(self.all(landmark))} <{landmark}>")
        skip = next((one for one in self.elements if one.tag == "a"), None)
        if skip is None or self.by_id(skip.get("href")[1:]) is not self.one("main"):
            self.faults.append("the first link does not skip to the content")
        if not self.one("title").text.strip():
            self.faults.append("no title")

    def _check_ids(self) -> None:
        ids = [one.get("id") for one in self.elements if "id" in one.attributes]
        self.faults += [f"id {name} twice" for name in set(ids) if ids.count(name) > 1]
        for one in self.elements:
            pointing = [*one.get("aria-describedby").split(), *one.get("aria-labelledby").split()]
            pointing += [one.get("for")] if one.tag == "label" else []
            href = one.get("href")
            pointing += [href[1:]] if href.startswith("#") else []
            self.faults += [
                f"<{one.tag}> points at no {name}" for name in pointing if name not in ids
            ]

    def _check_fields(self) -> None:
        labelled = {one.get("for") for one in self.all("label") if one.text.strip()}
        for one in self.elements:
            if one.tag in FIELDS and not one.hidden and one.get("id") not in labelled:
                self.faults.append(f"the field {one.get('name')} has no label")
            if one.get("type") == "password" and not one.get("autocomplete"):
                self.faults.append("a password manager is not told what this is")
        for one in self.all("fieldset"):
            if not any(one in legend.parents for legend in self.all("legend")):
                self.faults.append("a fieldset has no legend")

    def _check_headings(self) -> None:
        levels = [int(one.tag[1]) for one in self.elements if one.tag in ("h1", "h2", "h3")]
        if levels.count(1) != 1:
            self.faults.append(f"{levels.count(1)} main headings")
        before = 0
        # The summary of errors may stand anywhere after the main heading.
        for level in levels:
            if level > before + 1:
                self.faults.append("a level of headings is left out")
            before = level

    def _check_element(self, one: Element) -> None:
        if any(name.startswith("on") or name == "style" for name in one.attributes):
            self.faults.append(f"<{one.tag}> has a script or a style of its own")
        if one.tag == "style" or (one.tag == "script" and not one.get("src")):
            self.faults.append(f"a <{one.tag}> stands in the page")
        if int(one.get("tabindex", "0") or 0) > 0:
            self.faults.append("the order of the keyboard is changed")
        if one.tag in ("a", "button") and not (one.text.strip() or one.get("aria-label")):
            self.faults.append(f"a <{one.tag}> says nothing")
        if "onclick" in one.attributes or (
            one.get("role") == "button" and one.tag not in FOCUSABLE
        ):
            self.faults.append("something cannot be reached by keyboard")
        if one.tag == "form" and (one.get("method") != "post" or not one.get("action")):
            self.faults.append("a form does not post to a place of its own")
