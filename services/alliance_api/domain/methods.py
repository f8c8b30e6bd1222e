"""Which rule produced a figure, and from what: so that every figure can be computed again."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from alliance_api.domain.instants import rfc3339


@dataclass(frozen=True, slots=True)
class Method:
    """A computation and its version; the version changes whenever its figures would."""

    id: str
    version: str


def inputs_hash(inputs: Mapping[str, object]) -> str:
    """Return the SHA-256, in hex, of the inputs as canonical JSON.

    Equal inputs have equal hashes however they were typed: keys are sorted, 4 and 4.0 are one
    number, instants are told in UTC. Few small numbers can be found again by trying them all,
    so the hash of a confidential input is as confidential as the input.

    Raises:
        ValueError: for NaN, infinities and datetimes without an offset.
        TypeError: for values JSON has no word for.
    """
    text = json.dumps(
        _canonical(inputs),
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=True,
        allow_nan=False,
    )
    return hashlib.sha256(text.encode()).hexdigest()


_PLAIN = frozenset({str, int, bool})


def _canonical(value: object) -> object:
    if value is None or type(value) in _PLAIN:  # nearly all there is; what follows is slow
        return value
    if isinstance(value, date):
        return rfc3339(value) if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {_key(key): _canonical(each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_canonical(each) for each in value]
    return value


def _key(key: object) -> str:
    # JSON would quietly make 1 and "1" the same key.
    if not isinstance(key, str):
        raise TypeError("the keys of hashed inputs are text")
    return key
