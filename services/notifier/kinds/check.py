"""`python -m notifier kinds check`: every kind loads, does what its examples say and is discreet.

`python -m notifier kinds page` prints the reference page.
"""

import sys
from collections.abc import Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from .errors import KindError
from .examples import differences
from .lint import lint
from .loader import Folder, load_from
from .page import reminders_page

USAGE = "python -m notifier kinds check [FOLDER] | page"


def faults(name: str, folder: Folder) -> list[str]:
    """Return everything wrong with a kind that could be loaded."""
    told = [
        f"{name}/examples.toml: {example.name}: {difference}"
        for example in folder.examples
        for difference in differences(folder.kind, example)
    ]
    return [*map(str, lint(name, folder)), *told]


def main(arguments: Sequence[str]) -> int:
    """Check the shipped kinds or those of a folder; return 0 if all is well, else 1 or 2."""
    match list(arguments):
        case ["check"]:
            return _check(resources.files(__package__))
        case ["check", folder]:
            return _check(Path(folder))
        case ["page"]:
            sys.stdout.write(reminders_page())
            return 0
    sys.stderr.write(f"{USAGE}\n")
    return 2


def _check(place: Traversable) -> int:
    try:
        kinds = load_from(place)
    except (KindError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    found = [fault for name, folder in kinds.items() for fault in faults(name, folder)]
    sys.stderr.writelines(f"{fault}\n" for fault in found)
    examples = sum(len(folder.examples) for folder in kinds.values())
    sys.stdout.write(f"{len(kinds)} kinds, {examples} examples, {len(found)} faults\n")
    return 1 if found or not kinds else 0
