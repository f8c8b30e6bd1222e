"""The signed list of what an archive consists of: what is written, and what is checked offline.

The signature is over the octets of `manifest.json` behind a word of its own, so that a signature of
this key over anything else is never one over an archive.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from chassis.signing import SigningKey, Verify

from .canonical import dumps
from .container import is_ours
from .contents import FORMAT, VERSION

MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"
_CONTEXT: Final = f"{FORMAT} {VERSION}\n".encode()
# What an archive may hold when it is opened: whoever checks one may not know who made it.
MOST_OCTETS: Final = 2 * 1024**3
_LARGEST_MANIFEST: Final = 16 * 1024**2
_CHUNK: Final = 1024**2
_BROKEN: Final = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError)


@dataclass(frozen=True, slots=True)
class Made:
    """A file of an archive, as it was written."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Fault:
    """The first file of an archive that is not as it was signed, and what is wrong with it."""

    name: str
    what: str


def signature(manifest: bytes, key: SigningKey) -> bytes:
    """Return what stands in `manifest.sig`."""
    signed = key.sign(_CONTEXT + manifest)
    return dumps({"algorithm": "Ed25519", "key": key.id, "signature": signed})


def first_fault(path: Path, is_good: Verify) -> Fault | None:
    """Return what of an archive was changed, or None if it is as it was signed."""
    try:
        with zipfile.ZipFile(path) as archive:
            found = _judge(archive, is_good)
            if found is None and not is_ours(path, archive):
                return Fault(path.name, "holds something beside its files")
            return found
    except (*_BROKEN, OSError, NotImplementedError, RuntimeError) as error:
        return Fault(path.name, f"cannot be opened as an archive ({type(error).__name__})")


def manifest_of(path: Path) -> Mapping[str, Any]:
    """Return the manifest of an archive that has no fault."""
    with zipfile.ZipFile(path) as archive:
        found: Mapping[str, Any] = json.loads(archive.read(MANIFEST))
    return found


def _judge(archive: zipfile.ZipFile, is_good: Verify) -> Fault | None:
    names = [info.filename for info in archive.infolist()]
    for name in (MANIFEST, SIGNATURE):
        if name not in names:
            return Fault(name, "is missing")
    for name, times in Counter(names).items():
        if times > 1:
            return Fault(name, "is there twice")
    manifest, signed = _small(archive, MANIFEST), _small(archive, SIGNATURE)
    if not _is_signed(manifest, signed, is_good):
        return Fault(MANIFEST, "is not signed by one of the keys")
    listed = _listed(manifest)
    if listed is None:
        return Fault(MANIFEST, f"is not a list of files of {FORMAT} {VERSION}")
    extra = sorted(set(names) - set(listed) - {MANIFEST, SIGNATURE})
    return _first_that_differs(archive, listed) or (
        Fault(extra[0], "is not in the manifest") if extra else None
    )


def _small(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        with archive.open(name) as file:
            return file.read(_LARGEST_MANIFEST)
    except _BROKEN:
        return b""


def _is_signed(manifest: bytes, signed: bytes, is_good: Verify) -> bool:
    try:
        found = json.loads(signed)
        key, text = found["key"], found["signature"]
    except (ValueError, KeyError, TypeError):
        return False
    if not isinstance(key, str) or not isinstance(text, str):
        return False
    return is_good(key, _CONTEXT + manifest, text)


def _listed(manifest: bytes) -> dict[str, Made] | None:
    try:
        found = json.loads(manifest)
        if (found["format"], found["version"]) != (FORMAT, VERSION):
            return None
        return {
            row["name"]: Made(row["name"], row["sha256"], row["size"]) for row in found["files"]
        }
    except (ValueError, KeyError, TypeError):
        return None


def _first_that_differs(archive: zipfile.ZipFile, listed: Mapping[str, Made]) -> Fault | None:
    left, names = MOST_OCTETS, set(archive.namelist())
    for name, made in sorted(listed.items()):
        if name not in names:
            return Fault(name, "is missing")
        try:
            digest, size = _digest(archive, name, left)
        except _BROKEN:
            return Fault(name, "differs from what was signed")
        left -= size
        if left < 0:
            return Fault(name, f"is larger than {MOST_OCTETS} octets together with those before")
        if (digest, size) != (made.sha256, made.size):
            return Fault(name, "differs from what was signed")
    return None


def _digest(archive: zipfile.ZipFile, name: str, most: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with archive.open(name) as file:
        while size <= most and (chunk := file.read(_CHUNK)):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size
