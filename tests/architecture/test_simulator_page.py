"""What the pages about the simulator and about rupture rules say is so today."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from alliance_api.__main__ import main
from alliance_api.demo.study_tables import WORDS
from alliance_api.domain.simulate import WORLD, simulate
from alliance_api.domain.study import BASELINES, rules, study
from evidence.ruptures import BEGIN, END, mark, table, tables, write

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
SIMULATOR, RUPTURES = REFERENCE / "simulator.md", REFERENCE / "ruptures.md"


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def output(capsys: pytest.CaptureFixture[str], command: str) -> str:
    assert main(shlex.split(command)) == 0
    return capsys.readouterr().out


def test_every_parameter_is_told_with_its_default() -> None:
    told = dict(re.findall(r"^\| `(\w+)` \| ([-\d.]+) \|", text(SIMULATOR), re.MULTILINE))

    assert told == {each.name: f"{each.default}" for each in dataclasses.fields(WORLD)}


def test_the_example_comes_out_as_printed(capsys: pytest.CaptureFixture[str]) -> None:
    found = re.search(
        r"^\.venv/bin/alliance (simulate --cases 1 .*)\n```\n\n```json\n(.*?)^```",
        text(SIMULATOR),
        re.MULTILINE | re.DOTALL,
    )
    assert found
    assert json.loads(output(capsys, found[1])) == json.loads(found[2])


def test_both_formats_tell_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    command = "simulate --cases 5 --seed 3 --world ruptures=0.1"
    cases = [json.loads(line) for line in output(capsys, command).splitlines()]
    rows = list(csv.DictReader(io.StringIO(output(capsys, f"{command} --format csv"))))

    assert [each["case"] for each in cases] == [1, 2, 3, 4, 5]
    assert len(rows) == 5 * WORLD.sessions
    sessions = [(case, each) for case in cases for each in case["sessions"]]
    for row, (case, each) in zip(rows, sessions, strict=True):
        assert row["case"] == str(case["case"])
        assert row["style"] == case["style"]
        assert row["kept"] == str(int(each["kept"]))
        for name in ("session", "client_delay", "expected", "rupture"):
            assert row[name] == ("" if each[name] is None else str(each[name]))
        for who in ("client", "therapist"):
            answers = [row[f"{who}_{n}"] for n in range(1, WORLD.items + 1)]
            assert answers == ([""] * 4 if each[who] is None else [str(x) for x in each[who]])


def test_a_rupture_is_told_by_the_sessions_it_disturbs(capsys: pytest.CaptureFixture[str]) -> None:
    for line in output(capsys, "simulate --cases 40 --world ruptures=0.1").splitlines():
        case = json.loads(line)
        for number, each in enumerate(case["ruptures"], 1):
            disturbed = [s["session"] for s in case["sessions"] if s["rupture"] == number]
            last = WORLD.sessions if each["repair"] is None else each["repair"] - 1
            assert disturbed == list(range(each["start"], min(last, WORLD.sessions) + 1))


def test_the_same_seed_writes_the_same_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = "simulate --cases 3 --sessions 6 --seed 9"
    printed = output(capsys, command)

    assert output(capsys, f"{command} --out {tmp_path / 'cases'}") == ""
    assert text(tmp_path / "cases") == printed
    assert output(capsys, "simulate --cases 4 --sessions 6 --seed 9").startswith(printed)
    assert output(capsys, "simulate --cases 3 --sessions 6 --seed 8") != printed
    assert output(capsys, "simulate --cases 0") == ""


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("weather=1", "weather is none of sessions, items"),
        ("late=2", "a share lies in 0..1"),
        ("late=often", "could not convert"),
        ("items=0", "there are sessions, items"),
        ("error=-1", "no spread"),
        ("deepest=1", "not above the shallowest"),
        ("ceiling_responders=0.99", "both styles"),
    ],
)
def test_an_impossible_world_is_refused(
    setting: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", "--world", setting]) == 2
    found = capsys.readouterr()
    assert why in found.err
    assert found.out == ""


def test_the_study_is_printed_and_its_progress_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--study", "--cases", "150"]) == 0
    found = capsys.readouterr()
    for words in WORDS.values():
        assert found.out.count(f" {words} ") == len(BASELINES)
    assert "Looking at cases" in found.err
    assert "Looking" not in found.out
    assert "150 made-up cases" in found.out

    assert main(["simulate", "--study", "--cases", "2"]) == 1
    assert "Too few cases" in capsys.readouterr().err


@pytest.mark.system
def test_a_reader_may_stop_early() -> None:
    done = subprocess.run(  # noqa: S602 - a pipe is what this is about
        f"{sys.executable} -m alliance_api simulate --cases 2000 | head -c 20",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "services")},
    )
    assert (done.stdout, done.stderr) == ('{"case": 1, "style":', "")


def test_the_tables_of_rupture_rules_are_not_stale() -> None:
    page = text(RUPTURES)

    assert f"{BEGIN}{mark()} -->" in page, "run `make evidence-ruptures`"
    for n in BASELINES:
        for rule in rules(n):
            assert f"| {n} | {WORDS[rule.name]} | " in page
    assert page.count(BEGIN) == page.count(END) == 1


def test_tables_are_written_between_their_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n\n{BEGIN}old -->\n\nold\n{END}\n\nafter\n", encoding="utf-8")
    write(tables(study(simulate(1, 150))), page)
    write(table(["a", "b"], [["1", "2"]]), page)

    assert text(page) == (
        f"before\n\n{BEGIN}{mark()} -->\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n{END}\n\nafter\n"
    )
