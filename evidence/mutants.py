"""Mutation testing of `domain/`: how many small faults the ground tests notice.

mutmut makes the faults, one at a time: another operator, a number one higher, an argument left
out. `mutant_runs` runs the tests with each. All of it happens in a copy in a temporary folder, so
that the working tree stays as it is. docs/reference/mutants.md explains the survivors.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from mutmut.mutation.file_mutation import MutatedFile, mutate_file_contents

from evidence.figures import Figure

ROOT = Path(__file__).parents[1]
LEAST = 90.0  # percent

# The short form: some modules, and the tests that are theirs.
SMALL = {"commitments": "test_commitments.py", "disclosure": "test_disclosure.py"}

# The ground tests need none of the fixtures, which would start the app in every process. Those that
# are slow would run for every mutant they touch; what they find, the quick ones have to find too.
# Why one failed is not explained: of a study of four hundred cases that takes longer than to make it.
QUICK = ["--noconftest", "-m", "not slow", "-q", "-s", "--assert=plain", "--tb=native"]
RUN = [*QUICK, "-p", "evidence.mutant_runs", "-p", "no:xdist"]

# mutmut leaves decorated functions alone. In the copy properties get a method to themselves, and
# caches go: they change how fast a pure function answers and not what.
CACHE = re.compile(r"^ *@(?:lru_)?cache\b.*\n", re.MULTILINE)
PROPERTY = re.compile(r"^( +)@property\n +def (\w+)\(self\)", re.MULTILINE)
METHOD = r"\1\2 = property(lambda self: self._of_\2())\n\n\1def _of_\2(self)"

# With CI set hypothesis draws the same examples every time, and sets no deadline.
ENVIRONMENT = {**os.environ, "CI": "true", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
DOMAIN = "alliance_api.domain."


def experiment(small: bool) -> Figure:
    """Mutate `domain/`; small: some modules of it, against their own tests."""
    modules = list(SMALL) if small else []
    tests = [f"tests/ground/{name}" for name in SMALL.values()] if small else ["tests/ground"]
    return run(modules, tests)


def run(modules: list[str], tests: list[str]) -> Figure:
    """Mutate these modules (or all), and run these tests."""
    with tempfile.TemporaryDirectory(prefix="alliance-mutants-") as name:
        folder = Path(name)
        made = _lay_out(folder, modules)
        names = [
            f"{DOMAIN}{module}.{each}" for module in made for each in made[module].mutant_names
        ]
        (folder / "mutants.json").write_text(json.dumps(names), "utf-8")
        files = [f"--mutants={folder}/mutants.json", f"--kept={_kept()}"]
        command = [sys.executable, "-m", "pytest", *RUN, *files, *tests]
        # How far it is comes over standard error, as it goes.
        done = subprocess.run(
            command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True, check=False
        )
        if done.returncode:
            print(done.stdout[-3000:])
            return Figure("mutants", "the tests did not run", f"at least {LEAST:.0f} %", met=False)
        fates: dict[str, str] = json.loads((folder / "mutants.json").read_text("utf-8"))
    for line in _survivors(made, fates):
        print(line)
    return _figure(Counter(fates.values()))


def _kept() -> Path:
    """Return where fates are kept, of the code and the tests as they are: a run may be broken off."""
    digest = hashlib.sha256()
    for pattern in (
        "services/alliance_api/domain/*.py",
        "tests/ground/*.py",
        "evidence/mutants.py",
    ):
        for file in sorted(ROOT.glob(pattern)):
            digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    kept = ROOT / "var" / "mutants" / f"{digest.hexdigest()[:16]}.jsonl"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.touch()
    return kept


def _lay_out(folder: Path, modules: list[str]) -> dict[str, MutatedFile]:
    """Write the copy, and the mutants into it; return these, by module."""
    without = shutil.ignore_patterns(".*", "__pycache__", "var")
    shutil.copytree(ROOT, folder, ignore=without, dirs_exist_ok=True)
    domain = folder / "services/alliance_api/domain"
    files = [file for file in sorted(domain.glob("*.py")) if not modules or file.stem in modules]
    with ProcessPoolExecutor() as pool:
        made = dict(zip((file.stem for file in files), pool.map(_mutated, files), strict=True))
    for file in files:
        file.write_text(made[file.stem].code, "utf-8")
    return made


def _mutated(file: Path) -> MutatedFile:
    plain = CACHE.sub("", PROPERTY.sub(METHOD, file.read_text("utf-8")))
    return mutate_file_contents(str(file), plain)


def _survivors(made: Mapping[str, MutatedFile], fates: Mapping[str, str]) -> Iterator[str]:
    """Return every mutant no test noticed, with the lines it changed."""
    for module, file in made.items():
        lines = file.code.splitlines()
        for mutant in file.mutant_names:
            fate = fates[f"{DOMAIN}{module}.{mutant}"]
            if fate != "killed":
                yield f"{fate}: {module}.{mutant}"
            if fate in ("survived", "not reached"):
                yield from _changed(file, lines, mutant)


def _changed(file: MutatedFile, lines: list[str], mutant: str) -> Iterator[str]:
    original = f"{mutant.partition('__mutmut_')[0]}__mutmut_orig"
    before, after = (
        [line for line in lines[span.start - 1 : span.end] if "__mutmut_" not in line]
        for span in map(file.line_span_by_function_name.__getitem__, (original, mutant))
    )
    found = difflib.ndiff(before, after)
    yield from (line for line in found if line.startswith(("- ", "+ ")))


def _figure(found: Counter[str]) -> Figure:
    total, noticed = found.total(), found["killed"] + found["late"]
    share = 100 * noticed / total if total else 0.0
    figure = (
        f"{total} mutants: {found['killed']} killed, {found['late']} ran out of time, "
        f"{total - noticed} survived; {share:.1f} % noticed"
    )
    return Figure("mutants", figure, f"at least {LEAST:.0f} %", met=share >= LEAST)
