"""Many rows in little room: pages are kept compressed, and opened again one at a time.

What people said in therapy is never written to a disk on the way, and an archive of twenty thousand
measurements must not fill the memory either: as JSON such rows shrink to a fifteenth.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

Row = Mapping[str, Any]

_PAGE = 100


class Rows:
    """Rows in the order in which they came."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        """Begin with some rows."""
        self._pages: list[bytes] = []
        self._open: list[Row] = []
        self._count = 0
        self.extend(rows)

    def extend(self, rows: Iterable[Row]) -> None:
        """Add rows at the end."""
        for row in rows:
            self._open.append(row)
            self._count += 1
            if len(self._open) == _PAGE:
                self._pages.append(zlib.compress(orjson.dumps(self._open), 1))
                self._open = []

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Row]:
        for page in self._pages:
            yield from orjson.loads(zlib.decompress(page))
        yield from self._open
