"""Mutation testing of `domain/`: how many small faults the ground tests notice.

mutmut makes the faults, one at a time: another operator, a number one higher, an argument left
out. It works on a copy in a temporary folder, so that the working tree stays as it is, and on a
copy laid out its way: a module is called there what its path says, so `services/` is the root.
docs/reference/mutants.md explains the survivors.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from evidence.figures import Figure

ROOT = Path(__file__).parents[1]
MUTMUT = Path(sys.executable).parent / "mutmut"
LEAST = 90.0  # percent

# The short form: two modules, and the tests that are theirs.
SMALL = {"commitments": "test_commitments.py", "disclosure": "test_disclosure.py"}

# The ground tests need none of the fixtures, which would start the app in every process. Those that
# are slow would run for every mutant they touch; what they find, the quick ones have to find too.
# Time is given generously: on a busy machine a slow mutant must not be taken for an endless one.
SETTINGS = """\
[mutmut]
source_paths = alliance_api
only_mutate = {modules}
also_copy = {beside}
pytest_add_cli_args =
  --noconftest
  -m
  not slow
pytest_add_cli_args_test_selection = tests/ground
timeout_constant = 5
timeout_multiplier = 3
"""

# mutmut leaves decorated functions alone. In the copy properties get a method to themselves, and
# caches go: they change how fast a pure function answers and not what, and mutmut's processes
# would share the answers of the original.
CACHE = re.compile(r"^ *@(?:lru_)?cache\b.*\n", re.MULTILINE)
PROPERTY = re.compile(r"^( +)@property\n +def (\w+)\(self\)", re.MULTILINE)
METHOD = r"\1\2 = property(lambda self: self._of_\2())\n\n\1def _of_\2(self)"

# With CI set hypothesis draws the same examples every time, and sets no deadline.
ENVIRONMENT = {**os.environ, "CI": "true", "PYTHONHASHSEED": "0"}


def experiment(small: bool) -> Figure:
    """Mutate `domain/`; small: two modules of it, against their own tests."""
    with tempfile.TemporaryDirectory(prefix="alliance-mutants-") as name:
        folder = Path(name)
        _lay_out(folder, small=small)
        done = _mutmut(folder, "run")
        if done.returncode:
            print(done.stdout[-3000:], done.stderr[-3000:])
            return Figure("mutants", "mutmut did not run", f"at least {LEAST:.0f} %", met=False)
        _tell_survivors(folder)
        _mutmut(folder, "export-cicd-stats")
        found = json.loads((folder / "mutants/mutmut-cicd-stats.json").read_text("utf-8"))
    return _figure(found)


def _lay_out(folder: Path, *, small: bool) -> None:
    """Write the copy, with `services/` as its root, and how to mutate it."""
    without = shutil.ignore_patterns(".*", "__pycache__", "services", "var")
    shutil.copytree(ROOT, folder, ignore=without, dirs_exist_ok=True)
    shutil.copytree(ROOT / "services", folder, ignore=without, dirs_exist_ok=True)
    for module in (folder / "alliance_api/domain").glob("*.py"):
        plain = CACHE.sub("", PROPERTY.sub(METHOD, module.read_text("utf-8")))
        module.write_text(plain, "utf-8")
    if small:
        for tests in (folder / "tests/ground").glob("test_*.py"):
            if tests.name not in SMALL.values():
                tests.unlink()
    beside = [each.name for each in folder.iterdir() if each.name != "alliance_api"]
    modules = [f"alliance_api/domain/{name}.py" for name in (SMALL if small else "*")]
    settings = SETTINGS.format(modules=_lines(modules), beside=_lines(beside))
    (folder / "setup.cfg").write_text(settings, "utf-8")


def _lines(names: Iterable[str]) -> str:
    return "".join(f"\n  {name}" for name in sorted(names))


def _mutmut(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(MUTMUT), *words]
    return subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True)


def _tell_survivors(folder: Path) -> None:
    """Print every mutant no test noticed, with the line it changed."""
    for line in _mutmut(folder, "results").stdout.splitlines():
        name, _, fate = line.strip().rpartition(": ")
        print(f"{fate}: {name.removeprefix('alliance_api.domain.')}")
        if fate == "survived":
            shown = _mutmut(folder, "show", name).stdout.splitlines()
            print(*(each for each in shown if re.match(r"[-+](?![-+])", each)), sep="\n")


def _figure(found: dict[str, int]) -> Figure:
    total, killed, late = found["total"], found["killed"], found["timeout"]
    share = 100 * (killed + late) / total if total else 0.0
    figure = (
        f"{total} mutants: {killed} killed, {late} ran out of time, "
        f"{total - killed - late} survived; {share:.1f} % noticed"
    )
    return Figure("mutants", figure, f"at least {LEAST:.0f} %", met=share >= LEAST)
