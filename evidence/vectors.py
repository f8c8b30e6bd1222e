"""Every worked example again: the fact sheet's figure by figure, each instrument's and its page."""

from __future__ import annotations

import json
from pathlib import Path

from alliance_api.domain.instruments import Instrument
from alliance_api.instruments.examples import Example, differences
from alliance_api.instruments.loader import load_all, load_examples
from alliance_api.instruments.page import example_row
from evidence.figures import Figure
from tests.ground.known import VECTORS
from tests.ground.reproductions import REPRODUCTIONS, reproduce

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "instruments.md"


def experiment(small: bool) -> Figure:
    """Reproduce every vector and score every example; the short form is the whole."""
    del small
    vectors, reproduced = _vectors()
    forms, page = load_all(), PAGE.read_text(encoding="utf-8")
    worked = [
        (forms[code], each) for code, examples in load_examples().items() for each in examples
    ]
    wrong = [text for form, example in worked for text in _wrong(form, example, page)]
    kept = sum(not _wrong(form, example, page) for form, example in worked)
    print(*wrong, f"{len(worked)} examples of {len(forms)} instruments on {PAGE.name}", sep="\n")
    told = f"{reproduced} of {vectors} vectors, {kept} of {len(worked)} worked examples"
    met = 0 < reproduced == vectors and 0 < kept == len(worked)
    return Figure("vectors", told, "all", met=met)


def _vectors() -> tuple[int, int]:
    """Return how many vectors there are, and how many come out in every figure."""
    vectors = reproduced = figures = 0
    for path in sorted(VECTORS.glob("*.json")):
        for row in json.loads(path.read_text(encoding="utf-8")):
            vectors += 1
            if row["id"] not in REPRODUCTIONS:
                print(f"{row['id']}: nobody reproduces it")
                continue
            found = reproduce(row)
            print(*found.differences, sep="\n", end="\n" if found.differences else "")
            figures += found.figures - len(found.differences)
            reproduced += not found.differences
    print(f"{figures} figures of {reproduced} vectors come out")
    return vectors, reproduced


def _wrong(form: Instrument, example: Example, page: str) -> tuple[str, ...]:
    row = f"| {' | '.join(example_row(form, example))} |\n"
    missing = () if row in page else (f"{form.code}: {example.name}: not on the page",)
    return (*differences(form, example), *missing)
