"""What is in a ZIP beside the files' octets: headers, which no signature covers.

They are as `zipped` writes them, every octet, and nothing stands before, between or behind: a signed
archive must not be a programme or a page at the same time.
"""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path
from typing import BinaryIO, Final

RIGHTS: Final = 0o600 << 16
_ENTRY: Final = struct.Struct("<4s4B4HL2L5H2L")
_END: Final = struct.Struct("<4s4H2LH")
_UNIX, _VERSION = 3, 20


def header(name: str, at: tuple[int, int, int, int, int, int]) -> zipfile.ZipInfo:
    """Return the header under which a file is written."""
    info = zipfile.ZipInfo(name, at)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = RIGHTS
    info.create_system = _UNIX
    return info


def is_ours(path: Path, archive: zipfile.ZipFile) -> bool:
    """Return whether an archive is written as `zipped` writes one, but for the files' octets."""
    infos, place = archive.infolist(), 0
    with path.open("rb") as file:
        for info in infos:
            whole = _whole(info, infos[0])
            local = whole.FileHeader(zip64=False)
            if place != info.header_offset or _at(file, place, len(local)) != local:
                return False
            place += len(local) + info.compress_size
        directory = b"".join(_entry(_whole(info, infos[0])) for info in infos)
        end = _END.pack(b"PK\5\6", 0, 0, len(infos), len(infos), len(directory), place, 0)
        return _at(file, place, len(directory) + len(end) + 1) == directory + end


def _whole(found: zipfile.ZipInfo, first: zipfile.ZipInfo) -> zipfile.ZipInfo:
    """Return the header that we would have written; all files were made at the same time."""
    info = header(found.filename, first.date_time)
    info.CRC, info.compress_size, info.file_size = found.CRC, found.compress_size, found.file_size
    info.header_offset = found.header_offset
    return info


def _at(file: BinaryIO, place: int, most: int) -> bytes:
    file.seek(place)
    return file.read(most)


def _entry(info: zipfile.ZipInfo) -> bytes:
    name, at = info.filename.encode(), info.date_time
    date = (at[0] - 1980) << 9 | at[1] << 5 | at[2]
    time = at[3] << 11 | at[4] << 5 | at[5] // 2
    flags = 0 if info.filename.isascii() else 0x800
    packed = _ENTRY.pack(
        b"PK\1\2", _VERSION, _UNIX, _VERSION, 0, flags, info.compress_type, time, date,
        info.CRC, info.compress_size, info.file_size, len(name), 0, 0, 0, 0,
        info.external_attr, info.header_offset,
    )  # fmt: skip
    return packed + name
