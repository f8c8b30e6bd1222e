"""A pytest plugin: runs the tests once for each mutant, each time in a fork of its own.

The tests are collected once, and a mutant only meets those that call its function, the quickest
first, until one fails. Forks start from a process in which no test has run, so nothing that one
test or mutant leaves behind reaches another. In a fork every function but the mutated one is itself
again: mutmut's way of asking at each call which mutant is the one makes long tests thirty times longer.
"""

from __future__ import annotations

import functools
import gc
import json
import os
import resource
import signal
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from math import ceil
from pathlib import Path
from time import process_time
from types import FunctionType
from typing import Any

import pytest
from hypothesis import Phase, settings
from mutmut.mutation import trampoline
from mutmut.utils.format_utils import make_mutant_key

from evidence import progress

SURVIVED, KILLED = 0, 1
AT_ONCE = os.cpu_count() or 1
# Seconds of CPU that a mutant gets: more than its tests took by so much, or it runs for ever.
SPARE, TIMES = 5, 3
MEMORY = 4 * 2**30


@dataclass(frozen=True)
class Task:
    """What a fork does, and the seconds of CPU that it may take."""

    name: str
    work: Callable[[], int]
    seconds: float


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what this plugin reads and writes."""
    parser.addoption("--mutants", type=Path, help="JSON: a list of names; becomes their fates")
    parser.addoption(
        "--kept", type=Path, help="lines of JSON: fates found so far, read and added to"
    )


def pytest_configure() -> None:
    """Let hypothesis be content with any example that fails: nobody reads a smaller one."""
    whole = settings.get_profile(settings.get_current_profile_name())
    phases = [phase for phase in whole.phases if phase not in (Phase.shrink, Phase.explain)]
    settings.register_profile("mutants", whole, phases=phases)
    settings.load_profile("mutants")


_failures: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what failed, for whoever wonders why tests fail without a mutant."""
    if report.failed:
        _failures.append(f"{report.nodeid} fails in its {report.when}: {report.longreprtext}")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    """Run the tests for every mutant instead of once."""
    path: Path = session.config.getoption("--mutants")
    # Forks share one folder for temporary files; made now, they need not agree on one.
    folders: pytest.TempPathFactory = session.config._tmp_path_factory  # type: ignore[attr-defined]  # noqa: SLF001 - tests get it as a fixture, plugins do not
    folders.getbasetemp()
    _trampolines()
    gc.freeze()
    found = _survey(session, path.with_suffix(".survey"))
    tasks: list[Task] = []
    kept: Path = session.config.getoption("--kept")
    fates: dict[str, str] = dict(map(json.loads, kept.read_text("utf-8").splitlines()))
    for mutant in json.loads(path.read_text("utf-8")):
        if mutant in fates:
            continue
        items, seconds = found.get(mutant.partition("__mutmut_")[0], ([], 0))
        if items:
            tasks.append(Task(mutant, _meeting(session, mutant, items), TIMES * seconds + SPARE))
        else:
            fates[mutant] = "not reached"
    with kept.open("a", encoding="utf-8", buffering=1) as file:
        for name, fate in _run(progress.told("mutants", tasks, lambda: _so_far(fates))):
            fates[name] = fate
            print(json.dumps([name, fate]), file=file)
    path.write_text(json.dumps(fates), "utf-8")
    return True


def _so_far(fates: Mapping[str, str]) -> str:
    found = Counter(fates.values())
    return ", ".join(f"{count} {fate}" for fate, count in sorted(found.items()))


def _survey(session: pytest.Session, path: Path) -> dict[str, tuple[list[pytest.Item], float]]:
    """Return which tests call each function, the quickest first, and how long they take."""
    ever = resource.RLIM_INFINITY
    called, took = path.with_suffix(".called"), path.with_suffix(".took")
    tasks = [
        Task("called", lambda: _look(session, called, _calls()), ever),
        Task("took", lambda: _look(session, took, _seconds()), ever),
        Task("everywhere", _meeting(session, "fail", session.items), ever),
    ]
    fates = dict(_run(tasks))
    if fates != {"called": "survived", "took": "survived", "everywhere": "killed"}:
        failed = [each.read_text("utf-8") for each in (called, took) if each.exists()]
        pytest.exit(f"The tests do not tell faults from none: {fates} {failed}", returncode=1)
    functions, seconds = (json.loads(each.read_text("utf-8")) for each in (called, took))
    found: dict[str, tuple[list[pytest.Item], float]] = defaultdict(lambda: ([], 0.0))
    for item in sorted(session.items, key=lambda item: seconds[item.nodeid]):
        for function in functions[item.nodeid]:
            items, before = found[function]
            found[function] = [*items, item], before + seconds[item.nodeid]
    return found


def _look(session: pytest.Session, path: Path, tell: Callable[[], Any]) -> int:
    """Run every test by itself without a fault; write what is told of each."""
    caches = _caches()
    found = {}
    for item in session.items:
        for cache in caches:
            cache.cache_clear()
        tell()
        if not _passes(session, item, None):
            path.write_text("\n".join(_failures), "utf-8")
            return KILLED
        found[item.nodeid] = tell()
    path.write_text(json.dumps(found), "utf-8")
    return SURVIVED


def _calls() -> Callable[[], list[str]]:
    """Return what tells the functions called since it was asked last."""
    calls: set[str] = set()
    trampoline.record_trampoline_hit = _recorder(calls)  # type: ignore[attr-defined]
    trampoline.set_mutant_under_test("stats")

    def tell() -> list[str]:
        told = sorted(calls)
        calls.clear()
        return told

    return tell


def _seconds() -> Callable[[], float]:
    """Return what tells the seconds of CPU since it was asked last."""
    _be_themselves(but="")
    last = process_time()

    def tell() -> float:
        nonlocal last
        before, last = last, process_time()
        return last - before

    return tell


def _be_themselves(but: str) -> None:
    """Put functions in the place of their trampolines, but for that of a mutant."""
    mutated = but.partition("__mutmut_")[0]
    for holder, name, function in _trampolines():
        if _mangled(function) != mutated:
            setattr(holder, name, function)


@functools.cache
def _trampolines() -> list[tuple[Any, str, FunctionType]]:
    """Return where trampolines are held, under which name, and what they are in the place of."""
    modules = [
        each for name, each in sys.modules.items() if name.startswith(("alliance_api", "tests"))
    ]
    classes = {
        each
        for module in modules
        for each in vars(module).values()
        if isinstance(each, type) and each.__module__.startswith("alliance_api.domain")
    }
    return [
        (holder, name, each.__wrapped__)  # type: ignore[attr-defined]
        for holder in (*modules, *classes)
        for name, each in vars(holder).items()
        if isinstance(each, FunctionType) and each.__code__.co_name == "_trampoline_wrapper"
    ]


def _mangled(function: FunctionType) -> str:
    """Return a function's name as its mutants bear it."""
    *of, name = function.__qualname__.split(".")
    return f"{function.__module__}.{make_mutant_key(name, of[0] if of else None)}"


def _recorder(calls: set[str]) -> Callable[..., None]:
    def record(name: str, **_: object) -> None:
        calls.add(name)

    return record


def _caches() -> list[Any]:
    """Return our caches that collecting the tests left empty, as every mutant finds them."""
    gc.unfreeze()
    kind = type(functools.cache(lambda: None))
    found: list[Any] = [each for each in gc.get_objects() if isinstance(each, kind)]
    ours = [each for each in found if str(each.__module__).startswith(("alliance_api", "tests"))]
    return [each for each in ours if not each.cache_info().currsize]


def _meeting(
    session: pytest.Session, mutant: str, items: Iterable[pytest.Item]
) -> Callable[[], int]:
    def meet() -> int:
        trampoline.set_mutant_under_test(mutant)
        if mutant != "fail":
            _be_themselves(but=mutant)
        tests = list(items)
        for item, following in zip_longest(tests, tests[1:]):
            if not _passes(session, item, following):
                return KILLED
        return SURVIVED

    return meet


def _passes(session: pytest.Session, item: pytest.Item, following: pytest.Item | None) -> bool:
    item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
    return not session.testsfailed


def _run(tasks: Iterable[Task]) -> Iterator[tuple[str, str]]:
    """Do tasks in forks, some of them at once; tell what became of each."""
    running: dict[int, str] = {}
    for task in tasks:
        if len(running) == AT_ONCE:
            yield _ended(running)
        pid = os.fork()
        if not pid:
            os._exit(_do(task))
        running[pid] = task.name
    while running:
        yield _ended(running)


def _do(task: Task) -> int:
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    if task.seconds != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_CPU, (ceil(task.seconds), ceil(task.seconds) + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        return task.work()
    except BaseException:  # noqa: BLE001 - a mutant that breaks even pytest has been noticed
        return KILLED


def _ended(running: dict[int, str]) -> tuple[str, str]:
    pid, status = os.wait()
    code = os.waitstatus_to_exitcode(status)
    late = code in (-signal.SIGXCPU, -signal.SIGKILL)
    return running.pop(pid), "late" if late else "killed" if code else "survived"
