"""The page of the reminders is as it would be written today, and shows what everybody gets to read."""

from __future__ import annotations

from pathlib import Path

from notifier.domain.reminder import DropReason
from notifier.kinds.loader import load_all
from notifier.kinds.page import reminders_page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "reminders.md"


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == reminders_page(), "run `make schema`"


def test_every_kind_stands_there_with_its_examples_and_all_its_words() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name, folder in load_all().items():
        assert f"\n## {name}\n" in text
        for example in folder.examples:
            assert f"**{example.name}**" in text
            assert all(line in text for line in (*example.facts, *example.reminders))
        for wording in folder.wordings.values():
            for form in wording.forms.values():
                assert all(" ".join(part.split()) in text for part in form.parts.values())


def test_every_reason_for_silence_is_explained() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert all(f"| {reason} |" in text for reason in DropReason)
