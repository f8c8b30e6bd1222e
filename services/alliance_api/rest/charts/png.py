"""A chart's SVG as PNG.

resvg holds Python's lock while it draws (measured with resvg-py 0.5: up to 0.3 s for a chart), so a
thread would stop every other request meanwhile. It works in a process of its own, which is also
where a picture that takes too long ends. Fonts of the machine are not looked at: ours are beside
this file, so a picture is the same wherever it is drawn.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import anyio
import resvg_py
from anyio import to_process

FAMILY: Final = "Alliance Chart"
FONTS: Final = tuple(str(path) for path in sorted((Path(__file__).parent / "fonts").glob("*.otf")))
AT_ONCE: Final = 2
PATIENCE_SECONDS: Final = 10.0

_SIGNATURE_AND_HEADER: Final = 8 + 25


async def rendered(
    svg: str, density: int, words: Mapping[str, str], limiter: anyio.CapacityLimiter
) -> bytes:
    """Return a PNG of `density` pixels for each of the SVG's; the words stand in its text chunks.

    Raises:
        TimeoutError: if it was not done in time.
    """
    with anyio.fail_after(PATIENCE_SECONDS):
        png = await to_process.run_sync(render, svg, density, cancellable=True, limiter=limiter)
    return with_words(png, words)


def render(svg: str, density: int) -> bytes:
    """Return the SVG as PNG; takes a while and holds the lock."""
    return resvg_py.svg_to_bytes(
        svg_string=svg,
        zoom=density,
        skip_system_fonts=True,
        font_files=list(FONTS),
        font_family=FAMILY,
        sans_serif_family=FAMILY,
    )


def with_words(png: bytes, words: Mapping[str, str]) -> bytes:
    """Return a PNG with international text chunks right behind its header (PNG 3, 11.3.3.4)."""
    chunks = b"".join(
        _chunk(b"iTXt", key.encode("latin-1") + b"\0\0\0en\0\0" + told.encode())
        for key, told in words.items()
    )
    return png[:_SIGNATURE_AND_HEADER] + chunks + png[_SIGNATURE_AND_HEADER:]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
