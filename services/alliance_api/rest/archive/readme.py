"""The first file that somebody opens: what is in the archive, in plain words."""

from __future__ import annotations

from .contents import Archive

_TEXT = """Your data in Alliance
=====================

Person        {person}
Organisation  {organisation}
Made at       {created}

index.html     Open this one. It is a page for reading and printing; it needs no internet.
data.json      The same for machines, and in full: every score with its error, every method.
manifest.json  What the archive consists of, with a hash of each file, and how it must be handled.
manifest.sig   A signature over manifest.json, by the key {key}.

What is inside is what you may see: all that you said yourself, and of what others said about the
work with you what they opened to you. Where something is there and not shown, its reason is given.
{missing}
Is it unchanged? Whoever has the public keys of the organisation can find out without the internet:

    alliance export verify THIS-FILE.zip --keys KEYS.json

It is confidential. Whoever has this file can read all of it: keep it where only you can open it.
{notice}"""


def text(archive: Archive, key: str) -> str:
    """Return the words of README.txt."""
    missing = "".join(f"\nNot inside: {each}\n" for each in archive.missing)
    return _TEXT.format(
        person=_line(archive.person["name"] or archive.person["id"]),
        organisation=_line(archive.organisation["name"]),
        created=archive.instant,
        key=key,
        missing=missing,
        notice="".join(f"\n{each}\n" for each in archive.notices),
    )


def _line(words: str) -> str:
    """Return a text on one line: it cannot pretend to be another one of these."""
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())
