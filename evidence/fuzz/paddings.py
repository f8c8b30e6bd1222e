"""RSA signatures whose padding is a little wrong: the ways of Wycheproof's class ModifiedPadding.

PKCS #1 v1.5 has one right encoding of a digest. Verifiers that parse it, instead of comparing, take
others besides, and with a small exponent such a signature can be forged (Bleichenbacher, 2006). Each
encoding here differs from the right one, and is signed with the private key that Wycheproof
publishes for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from itertools import islice

OID = bytes.fromhex("608648016503040201")  # SHA-256
SEQUENCE, IDENTIFIER, NULL, OCTETS = 0x30, 0x06, 0x05, 0x04
PLACES = ("the digest info", "the algorithm", "its name", "its parameter", "the digest")
Encode = Callable[[int, bytes], bytes]


def der(tag: int, content: bytes) -> bytes:
    """Encode as DER has it: every content here is shorter than 128."""
    return bytes([tag, len(content)]) + content


def _length(spelled: bytes) -> Encode:
    return lambda tag, content: bytes([tag]) + spelled + content


def _long(octets: int) -> Encode:
    return lambda tag, content: (
        bytes([tag, 0x80 | octets]) + len(content).to_bytes(octets) + content
    )


def _tag(change: int) -> Encode:
    return lambda tag, content: der(tag ^ change, content)


WAYS: dict[str, Encode] = {
    **{f"length in {count} octets": _long(count) for count in (1, 2, 3, 4, 5, 8, 9)},
    "length is 2 to 31": _length(bytes.fromhex("8480000000")),
    "length is 2 to 32 less 1": _length(bytes.fromhex("84ffffffff")),
    "length is 2 to 40 less 1": _length(bytes.fromhex("85ffffffffff")),
    "length is 2 to 64 less 1": _length(bytes.fromhex("88ffffffffffffffff")),
    "length is wrong": _length(b"\xff"),
    "length is one too many": lambda tag, content: bytes([tag, len(content) + 1]) + content,
    "length is one too few": lambda tag, content: bytes([tag, max(len(content), 1) - 1]) + content,
    "length is missing": lambda tag, content: bytes([tag]) + content,
    "length is cut off": lambda tag, _: bytes([tag, 0x81]),
    "without end": lambda tag, content: bytes([tag, 0x80]) + content,
    "with an end": lambda tag, content: bytes([tag, 0x80]) + content + b"\0\0",
    "left out": lambda _, __: b"",
    "tag alone": lambda tag, _: bytes([tag]),
    "zeros appended": lambda tag, content: der(tag, content + b"\0\0"),
    "zeros prepended": lambda tag, content: der(tag, b"\0\0" + content),
    "unused zeros appended": lambda tag, content: der(tag, content) + b"\0\0",
    "null appended": lambda tag, content: der(tag, content + b"\x05\0"),
    "garbage prepended": lambda tag, content: der(tag, b"\x49\x81\x77" + content),
    "garbage in front": lambda tag, content: b"\x25\0" + der(tag, content),
    "garbage appended": lambda tag, content: der(tag, content + b"\x00\x04\x02\x49\x77"),
    "undefined tag inside": lambda tag, content: der(tag, content + b"\xaa\x02\xbb\xcd\0"),
    "undefined tag outside": lambda tag, content: b"\xaa\x02" + der(tag, content),
    "composed without end": lambda tag, content: bytes([tag | 0x20, 0x80]) + content,
    "composed": lambda tag, content: der(tag | 0x20, der(tag, content) + b"\x04\0"),
    "replaced by null": lambda _, __: b"\x05\0",
    **{f"tag changed by {change:02x}": _tag(change) for change in (0x01, 0x20, 0x40, 0x80, 0xC0)},
    "tag is zero": lambda _, content: der(0, content),
    "tag is ff": lambda _, content: der(0xFF, content),
    "empty": lambda tag, _: der(tag, b""),
    "first octet changed": lambda tag, content: der(tag, _changed(content, 0)),
    "last octet changed": lambda tag, content: der(tag, _changed(content, -1)),
    "cut off": lambda tag, content: der(tag, content[:-1]),
    "cut off in front": lambda tag, content: der(tag, content[1:]),
}


def _changed(content: bytes, place: int) -> bytes:
    if not content:
        return b"\1"
    found = bytearray(content)
    found[place] ^= 2
    return bytes(found)


def digest_info(message: bytes, place: int = -1, encode: Encode = der) -> bytes:
    """Return the encoding of a digest, with one of its five elements encoded otherwise."""
    ways = [encode if index == place else der for index in range(5)]
    name, parameter = ways[2](IDENTIFIER, OID), ways[3](NULL, b"")
    algorithm = ways[1](SEQUENCE, name + parameter)
    digest = ways[4](OCTETS, hashlib.sha256(message).digest())
    return ways[0](SEQUENCE, algorithm + digest)


def blocks(message: bytes, size: int) -> Iterator[tuple[str, bytes]]:
    """Yield what is wrong, and the block of a signature that is wrong in this way."""
    right = digest_info(message)
    for place, where in enumerate(PLACES):
        for way, encode in WAYS.items():
            info = digest_info(message, place, encode)
            if info != right:
                yield f"{where}: {way}", _padded(info, size)
    yield from _around(right, hashlib.sha256(message).digest(), size)


def _padded(info: bytes, size: int) -> bytes:
    return b"\0\1" + b"\xff" * (size - 3 - len(info)) + b"\0" + info


def _around(info: bytes, digest: bytes, size: int) -> Iterator[tuple[str, bytes]]:
    """Yield what is wrong around the digest's encoding."""
    fill = size - 3 - len(info)
    yield "block type 0", b"\0\0" + b"\xff" * fill + b"\0" + info
    yield "block type 2", b"\0\2" + b"\xff" * fill + b"\0" + info
    yield "no zero before", b"\0\1" + b"\xff" * (fill + 1) + info
    yield "filled with zeros", b"\0\1" + b"\0" * fill + b"\0" + info
    yield "one octet of the fill", b"\0\1\xfe" + b"\xff" * (fill - 1) + b"\0" + info
    yield "the last octet of the fill", b"\0\1" + b"\xff" * (fill - 1) + b"\xfe\0" + info
    short = b"\0\1" + b"\xff" * 8 + b"\0" + info
    yield "a short fill, garbage after", short + b"\xa5" * (size - len(short))
    yield "no fill, garbage after", b"\0\1\0" + info + b"\xa5" * (size - 3 - len(info))
    yield "the digest alone", _padded(digest, size)
    yield "a digest of another hash", _padded(der(SEQUENCE, info[2:19] + b"\x04\0"), size)


def signatures(
    message: bytes, modulus: int, exponent: int, step: int
) -> Iterator[tuple[str, bytes]]:
    """Yield signatures of each `step`th wrong block by a private exponent; first the right one."""
    size = (modulus.bit_length() + 7) // 8
    yield "right", _power(_padded(digest_info(message), size), exponent, modulus)
    for name, block in islice(blocks(message, size), 0, None, step):
        yield name, _power(block, exponent, modulus)


def _power(block: bytes, exponent: int, modulus: int) -> bytes:
    return pow(int.from_bytes(block), exponent, modulus).to_bytes(len(block))
