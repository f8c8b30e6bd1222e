"""An archive as one signed file. Takes a while; nothing of it is written to a disk."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable
from typing import Final

from chassis.signing import SigningKey

from . import canonical, container, page, readme
from .contents import FORMAT, VERSION, Archive
from .sealed import MANIFEST, SIGNATURE, Made, signature

DATA, PAGE, README = "data.json", "index.html", "README.txt"
_CHUNK: Final = 256 * 1024
_EARLIEST: Final = 1980


def zipped(archive: Archive, key: SigningKey, product: str) -> bytes:
    """Return the ZIP of an archive, signed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        made = [
            _written(file, archive, README, [readme.text(archive, key.id).encode()]),
            _written(file, archive, PAGE, (part.encode() for part in page.parts(archive))),
            _written(file, archive, DATA, canonical.pieces(archive.data())),
        ]
        manifest = canonical.dumps(_manifest(archive, made, product))
        _written(file, archive, MANIFEST, [manifest])
        _written(file, archive, SIGNATURE, [signature(manifest, key)])
    return buffer.getvalue()


def _manifest(archive: Archive, made: Iterable[Made], product: str) -> dict[str, object]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "product": f"alliance {product}",
        "created": archive.instant,
        "person": archive.person["id"],
        "organisation": archive.organisation["id"],
        "missing": archive.missing,
        "labels": archive.labels,
        "files": [
            {"name": each.name, "sha256": each.sha256, "size": each.size}
            for each in sorted(made, key=lambda each: each.name)
        ],
    }


def _written(file: zipfile.ZipFile, archive: Archive, name: str, parts: Iterable[bytes]) -> Made:
    at = archive.created.timetuple()[:6]
    info = container.header(name, (max(at[0], _EARLIEST), *at[1:]))
    digest, size = hashlib.sha256(), 0
    with file.open(info, "w") as into:
        for chunk in _chunks(parts):
            into.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    return Made(name, digest.hexdigest(), size)


def _chunks(parts: Iterable[bytes]) -> Iterable[bytes]:
    """Join small parts: each call of the compressor costs more than what it is given."""
    held, size = [], 0
    for part in parts:
        held.append(part)
        size += len(part)
        if size >= _CHUNK:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)
