"""An archive is as it was signed, or the first file that is not is named."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alliance_api.__main__ import main
from alliance_api.rest.archive import canonical, sealed
from alliance_api.rest.archive.sealed import MANIFEST, SIGNATURE, Fault, first_fault
from alliance_api.rest.archive.zipped import zipped
from chassis.signing import SigningKey, verifier
from chassis.tokens import new_key
from tests.archives import an_archive, files, packed

pytestmark = pytest.mark.ground

PRIVATE_KEY, _ = new_key()
KEY = SigningKey(PRIVATE_KEY)
IS_GOOD = verifier({"keys": [KEY.public]})


@pytest.fixture(scope="module")
def made() -> bytes:
    return zipped(an_archive(), KEY, "0.1.0")


def test_an_archive_is_the_same_octets_for_the_same_values(made: bytes) -> None:
    assert zipped(an_archive(), KEY, "0.1.0") == made


def test_what_was_made_is_what_was_signed(made: bytes, tmp_path: Path) -> None:
    path = tmp_path / "archive.zip"
    path.write_bytes(made)
    assert first_fault(path, IS_GOOD) is None
    found = files(made)
    manifest = json.loads(found[MANIFEST])
    assert manifest["product"] == "alliance 0.1.0"
    assert manifest["created"] == "2026-11-23T05:00:00Z"
    assert (manifest["person"], manifest["organisation"]) == ("person-1", "organisation-1")
    assert {row["name"] for row in manifest["files"]} == set(found) - {MANIFEST, SIGNATURE}
    for row in manifest["files"]:
        assert row["sha256"] == hashlib.sha256(found[row["name"]]).hexdigest()
        assert row["size"] == len(found[row["name"]])
    assert json.loads(found["data.json"])["cases"][0]["labels"]["kinds"]["GOAL"]["sensitivity"] == [
        "PSY"
    ]
    assert manifest_is_sorted(found["data.json"])


def manifest_is_sorted(content: bytes) -> bool:
    return json.dumps(
        json.loads(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode() == content.replace(b".0,", b".0,")


Change = Callable[[dict[str, bytes]], dict[str, bytes]]


def altered(name: str, content: Callable[[bytes], bytes]) -> Change:
    return lambda found: {**found, name: content(found[name])}


def resigned(change: Callable[[dict[str, Any]], Any]) -> Change:
    """Somebody else's manifest, signed with a key of their own."""

    def forged(found: dict[str, bytes]) -> dict[str, bytes]:
        manifest = canonical.dumps(change(json.loads(found[MANIFEST])))
        other = SigningKey(new_key()[0])
        return {**found, MANIFEST: manifest, SIGNATURE: sealed.signature(manifest, other)}

    return forged


UNSIGNED = Fault(MANIFEST, "is not signed by one of the keys")
DIFFERS = "differs from what was signed"
FORGERIES: dict[str, tuple[Change, Fault]] = {
    "an octet of the data": (
        altered("data.json", lambda found: found.replace(b"Well", b"Sell")),
        Fault("data.json", DIFFERS),
    ),
    "an octet more": (
        altered("index.html", lambda found: found + b" "),
        Fault("index.html", DIFFERS),
    ),
    "an empty file": (altered("README.txt", lambda _: b""), Fault("README.txt", DIFFERS)),
    "several, of which the first is named": (
        lambda found: {**found, "index.html": b"", "data.json": b""},
        Fault("data.json", DIFFERS),
    ),
    "a file that is gone": (
        lambda found: {name: found[name] for name in found if name != "index.html"},
        Fault("index.html", "is missing"),
    ),
    "a file more": (
        lambda found: {**found, "more.txt": b"x"},
        Fault("more.txt", "is not in the manifest"),
    ),
    "no manifest": (
        lambda found: {name: found[name] for name in found if name != MANIFEST},
        Fault(MANIFEST, "is missing"),
    ),
    "no signature": (
        lambda found: {name: found[name] for name in found if name != SIGNATURE},
        Fault(SIGNATURE, "is missing"),
    ),
    "another person's name": (
        altered(MANIFEST, lambda found: found.replace(b"person-1", b"person-2")),
        UNSIGNED,
    ),
    "a signature of nobody": (altered(SIGNATURE, lambda _: b"{}"), UNSIGNED),
    "a signature that is no JSON": (altered(SIGNATURE, lambda _: b"\xff"), UNSIGNED),
    "a signature that is no text": (
        altered(SIGNATURE, lambda _: b'{"key": 1, "signature": 2}'),
        UNSIGNED,
    ),
    "everything by another key": (resigned(lambda manifest: manifest), UNSIGNED),
}


@pytest.mark.parametrize(("change", "fault"), FORGERIES.values(), ids=FORGERIES)
def test_the_first_file_that_differs_is_named(
    made: bytes, tmp_path: Path, change: Change, fault: Fault
) -> None:
    path = packed(tmp_path / "archive.zip", change(files(made)))
    assert first_fault(path, IS_GOOD) == fault


def test_a_signature_over_something_else_is_none_over_an_archive(
    made: bytes, tmp_path: Path
) -> None:
    found = files(made)
    bare = KEY.sign(found[MANIFEST])
    forged = {**found, SIGNATURE: canonical.dumps({"key": KEY.id, "signature": bare})}
    assert first_fault(packed(tmp_path / "archive.zip", forged), IS_GOOD) == UNSIGNED


def test_a_name_that_is_there_twice_is_found(made: bytes, tmp_path: Path) -> None:
    path = packed(tmp_path / "archive.zip", files(made))
    with (
        zipfile.ZipFile(path, "a") as into,
        pytest.warns(UserWarning, match="Duplicate name"),
    ):
        into.writestr("data.json", b"{}")
    assert first_fault(path, IS_GOOD) == Fault("data.json", "is there twice")


def test_every_octet_of_an_archive_counts(made: bytes, tmp_path: Path) -> None:
    """Flip those of headers one by one, those of streams in steps: the change is found.

    But for the bits that fill up a compressed stream: what comes out of it is the same.
    """
    path = tmp_path / "archive.zip"
    good, unseen, inside = files(made), [], streams(made)
    steps = {at for stream in inside for at in (*stream[::29], *stream[-4:])}
    beside = set(range(len(made))) - {at for stream in inside for at in stream}
    assert len(beside) > 500
    for at in sorted(beside | steps):
        changed = bytearray(made)
        changed[at] ^= 0x55
        path.write_bytes(changed)
        if first_fault(path, IS_GOOD) is None:
            assert files(bytes(changed)) == good, at
            unseen.append(at)
    assert set(unseen) <= {at for stream in inside for at in stream[-2:]}


def streams(made: bytes) -> list[range]:
    """Where the compressed streams of an archive are."""
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        begin = [
            (info.header_offset + 30 + len(info.filename), info.compress_size)
            for info in archive.infolist()
        ]
    return [range(at, at + size) for at, size in begin]


BESIDE: dict[str, Callable[[bytes], bytes]] = {
    "something before": lambda made: b"#!/bin/sh\n" + made,
    "something behind": lambda made: made + b"<script>",
    "a comment": lambda made: made[:-2] + b"\x04\x00note",
}


@pytest.mark.parametrize("change", BESIDE.values(), ids=BESIDE)
def test_an_archive_is_nothing_else_at_the_same_time(
    made: bytes, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "archive.zip"
    path.write_bytes(change(made))
    assert files(path.read_bytes()) == files(made), "whoever unpacks it is none the wiser"
    assert first_fault(path, IS_GOOD) == Fault("archive.zip", "holds something beside its files")


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip at all", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_archive_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "archive.zip"
    path.write_bytes(content)
    assert first_fault(path, IS_GOOD) is not None


def test_an_archive_that_swells_is_given_up(
    made: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "archive.zip"
    path.write_bytes(made)
    monkeypatch.setattr(sealed, "MOST_OCTETS", 1000)
    fault = first_fault(path, IS_GOOD)
    assert fault is not None
    assert "larger" in fault.what


# The command line


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """An archive and the public keys, as the operator has them."""
    private = tmp_path / "export.jwk"
    private.write_text(json.dumps(PRIVATE_KEY))
    monkeypatch.setenv("EXPORT_KEY_FILE", str(private))
    keys = tmp_path / "keys.json"
    assert main(["export", "keys", "--out", str(keys)]) == 0
    assert "d" not in json.loads(keys.read_text())["keys"][0]
    path = tmp_path / "archive.zip"
    path.write_bytes(zipped(an_archive(missing=["Something."]), KEY, "1"))
    return path, keys


def test_the_verb_says_that_nothing_was_changed(
    told: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path, keys = told
    assert main(["export", "verify", str(path), "--keys", str(keys)]) == 0
    out = capsys.readouterr().out
    assert "Unchanged: 3 files of person-1, made 2026-11-23T05:00:00Z." in out
    assert "Not inside: Something." in out


def test_the_verb_names_the_file_and_fails(
    told: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path, keys = told
    packed(path, {**files(path.read_bytes()), "data.json": b"{}"})
    assert main(["export", "verify", str(path), "--keys", str(keys)]) == 1
    assert capsys.readouterr().err == "data.json: differs from what was signed\n"
    packed(path, {**files(path.read_bytes()), "a\x1b[2Jb": b"{}", "data.json": b"{}"})
    assert main(["export", "verify", str(path), "--keys", str(keys)]) == 1
    assert "\x1b" not in capsys.readouterr().err


def test_the_verb_says_what_it_needs(
    told: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, keys = told
    bad = tmp_path / "bad.json"
    for content in ("", "[]", "{}", '{"keys": [{"kty": "OKP"}]}'):
        bad.write_text(content)
        with pytest.raises(SystemExit, match="is not a JWK Set"):
            main(["export", "verify", str(path), "--keys", str(bad)])
    with pytest.raises(SystemExit, match="there is no such file"):
        main(["export", "verify", str(tmp_path / "none.zip"), "--keys", str(keys)])
    monkeypatch.delenv("EXPORT_KEY_FILE")
    with pytest.raises(SystemExit, match="Set EXPORT_KEY_FILE"):
        main(["export", "keys", "--out", str(keys)])
