"""JSON as every reader along the way understands it alike, and PostgreSQL can keep it.

What the grammar allows but readers disagree about is refused: a key named twice, an integer a
double cannot hold, half a surrogate pair, NUL in a text, a hundred thousand open brackets.
"""

import re
from typing import Any, Final

import orjson

MAX_DEPTH: Final = 32
MAX_INTEGER: Final = 2**53

# Both are only ever used on what orjson has accepted, so every string ends; possessive, so linear.
_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"')
_ESCAPED_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*+\\u0000")
_LONG_INTEGER: Final = re.compile(rb"(?<![0-9.eE+-])-?([0-9]{16,}+)(?![.eE])")
_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_SQUARED: Final = bytes.maketrans(b"{}", b"[]")
_LARGEST: Final = str(MAX_INTEGER).encode()

_TOO_DEEP: Final = f"The body is nested more than {MAX_DEPTH} levels deep."
# A piece of orjson's message, and what we say instead: ours cannot change, and never quote the body.
_SAYINGS: Final = {
    "empty": "The body is empty.",
    "not valid UTF-8": "The body is not UTF-8.",
    "depth limit": _TOO_DEEP,
    "infinity": "A number is too large.",
    "surrogate": "A text contains half a surrogate pair.",
}


class BadJson(ValueError):  # noqa: N818 - it names what came in, as `TokenRefused` does
    """A body that is not JSON, or JSON that two readers could understand differently.

    Args:
        message: a short sentence that quotes nothing of the body.
        position: where it went wrong, counted in characters from 0, or None where that is unknown.
    """

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


def parse(body: bytes) -> Any:
    """Read one JSON value, in time linear in the length of `body`.

    Raises:
        BadJson: if it is not JSON in UTF-8 with nothing after it, is nested more than 32 levels
            deep, names a key twice in one object, or contains an integer beyond 2**53, a number
            beyond a double, half a surrogate pair, or the character NUL in a text.
    """
    value = _loads(body)
    _check_nul(body)
    skeleton = _STRING.sub(b"", body)
    _check_depth(skeleton)
    _check_integers(skeleton)
    # Colons outside strings are the names written; of names written twice, the value has kept one.
    written = skeleton.count(b":")
    if written and written != _names(value):
        raise BadJson("An object names a key twice.")
    return value


def _loads(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        refusal = _refusal(error)
    # Outside of the handler: orjson's error holds the whole body and must not be its context.
    raise refusal


def _refusal(error: orjson.JSONDecodeError) -> BadJson:
    for piece, saying in _SAYINGS.items():
        if piece in error.msg:
            return BadJson(saying, error.pos or None)
    return BadJson("The body is not JSON.", error.pos)


def _check_nul(body: bytes) -> None:
    if b"\\u0000" in body and (found := _ESCAPED_NUL.search(body)):
        raise BadJson("A text contains the character NUL.", len(body[: found.end() - 6].decode()))


def _check_depth(skeleton: bytes) -> None:
    # Each round takes away the innermost pairs, side by side in one pass: one level of the tree.
    brackets = skeleton.translate(_SQUARED, _NOT_BRACKETS)
    for _ in range(MAX_DEPTH):
        brackets = brackets.replace(b"[]", b"")
    if brackets:
        raise BadJson(_TOO_DEEP)


def _check_integers(skeleton: bytes) -> None:
    # In the source text, because orjson reads an integer beyond 64 bits as a rounded float.
    for digits in _LONG_INTEGER.findall(skeleton):
        if len(digits) > len(_LARGEST) or digits > _LARGEST:
            raise BadJson("An integer is beyond 2**53.")


def _names(value: object) -> int:
    names, waiting = 0, [value]
    while waiting:
        container = waiting.pop()
        if isinstance(container, dict):
            names += len(container)
            waiting += container.values()
        elif isinstance(container, list):
            waiting += container
    return names
