"""An exported ledger has one spelling: whatever is changed in it shows."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alliance_api.__main__ import main
from alliance_api.domain.ledger_lines import NotALine, ledgers_of, lines_of, read_line
from alliance_api.domain.seals import Checkpoint, Entry, Seal, next_seal, verify
from chassis.signing import key_at

pytestmark = pytest.mark.ground


def sign(header: bytes) -> str:
    return hashlib.sha256(b"secret" + header).hexdigest()


def is_signed(key_id: str, header: bytes, signature: str) -> bool:
    return key_id == "key" and signature == sign(header)


def a_ledger() -> tuple[list[Seal], list[Entry]]:
    entries = [
        Entry(n.to_bytes(16, "big"), (7, n), ("clíent", None, "", 'a "quoted" one', f"{n}"))
        for n in range(1, 5)
    ]
    made = next_seal("org", None, entries, "2026-11-23T00:00:00.000000Z", "key")
    return [replace(made, signature=sign(made.header))], entries


def exported() -> bytes:
    seals, entries = a_ledger()
    return "".join(lines_of("org", seals, entries)).encode()


def judged(raw: bytes) -> bool:
    """Whether a verifier who reads the file, and knows the last seal, finds the ledger intact."""
    try:
        found = ledgers_of(raw.splitlines(keepends=True))
    except NotALine:
        return False
    point = Checkpoint("org", 1, a_ledger()[0][0].head)
    return "org" in found and verify(*found["org"], is_signed, point) is None


def test_what_was_exported_is_read_as_it_was() -> None:
    assert ledgers_of(exported().splitlines(keepends=True)) == {"org": a_ledger()}
    assert judged(exported())


def test_every_other_value_of_every_octet_of_an_export_is_found() -> None:
    raw = exported()
    unseen = [
        (place, value)
        for place in range(len(raw))
        for value in (raw[place] ^ 1, raw[place] ^ 0x20, 0x20, 0x0A, 0x0D, 0xFF)
        if value != raw[place] and judged(raw[:place] + bytes([value]) + raw[place + 1 :])
    ]
    assert unseen == []


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"[]\n",
        b"null\n",
        b'{"organisation": "org"}\n',
        b'{"organisation": "org", "entry": null}\n',
        b'{"organisation": "org", "entry": {"id": "00", "place": [1, 2], "values": []}}\n',
        b'{"organisation": "org", "seal": {}}\n',
        b"\xff\n",
        b"[" * 100_000,
    ],
)
def test_what_is_no_line_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (what stands in a ledger is not quoted)
        read_line(line)


@pytest.mark.parametrize(
    "given",
    [{"place": [1, True]}, {"place": [1.0, 2]}, {"values": [1]}, {"id": "00"}, {"values": "abc"}],
)
def test_values_of_another_kind_are_refused(given: dict[str, Any]) -> None:
    entry = {"id": "00" * 16, "place": [1, 2], "values": ["a"]}
    assert read_line((json.dumps({"organisation": "o", "entry": entry}) + "\n").encode())
    with pytest.raises(ValueError, match="not a line"):
        read_line((json.dumps({"organisation": "o", "entry": {**entry, **given}}) + "\n").encode())


def test_the_line_is_named_and_not_quoted() -> None:
    with pytest.raises(NotALine, match=r"^line 2 is not as it was exported$"):
        ledgers_of([exported().splitlines(keepends=True)[0], b'{"secret": 1}\n'])


def verified(folder: Path, capsys: pytest.CaptureFixture[str], **texts: str) -> tuple[object, str]:
    """Run `alliance ledger verify` over files; return its exit code or message, and what it printed."""
    paths = {name: folder / f"{name}.json" for name in ("file", "keys", "checkpoint")}
    for name, text in texts.items():
        paths[name].write_text(text, encoding="utf-8")
    given = [part for name, path in paths.items() for part in (f"--{name}", str(path))]
    try:
        code: object = main(["ledger", "verify", *given])
    except SystemExit as left:
        code = left.code
    printed = capsys.readouterr()
    return code, printed.out + printed.err


def files(folder: Path) -> dict[str, str]:
    key = key_at(folder / "key")
    entries = a_ledger()[1]
    made = next_seal("org", None, entries, "2026-11-23T00:00:00.000000Z", key.id)
    seal = replace(made, signature=key.sign(made.header))
    points = [{"organisation": "org", "number": 1, "head": seal.head}]
    signature = key.sign(json.dumps(points, sort_keys=True).encode())
    return {
        "file": "".join(lines_of("org", [seal], entries)),
        "keys": json.dumps({"keys": [key.public]}),
        "checkpoint": json.dumps({"points": points, "key": key.id, "signature": signature}),
    }


def test_the_command_says_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = files(tmp_path)
    assert verified(tmp_path, capsys, **good) == (0, "Intact: 4 sealed entries.\n")
    without = "".join(good["file"].splitlines(keepends=True)[:-1])
    code, told = verified(tmp_path, capsys, **{**good, "file": without})
    assert (code, "REMOVED" in told) == (1, True)


@pytest.mark.parametrize("name", ["file", "keys", "checkpoint"])
@pytest.mark.parametrize("text", ["", "{}", "[1]", "null", '{"keys": 1, "points": 1}', "\0"])
def test_the_command_refuses_files_that_are_something_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str
) -> None:
    code, _ = verified(tmp_path, capsys, **{**files(tmp_path), name: text})
    assert code == 1 or (isinstance(code, str) and code.startswith(str(tmp_path / name)))


def test_the_command_refuses_a_checkpoint_that_was_touched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = files(tmp_path)
    touched = good["checkpoint"].replace('"number": 1', '"number": 2')
    code, _ = verified(tmp_path, capsys, **{**good, "checkpoint": touched})
    assert isinstance(code, str)
    assert "not signed" in code
