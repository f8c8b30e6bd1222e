"""`alliance instruments`: which forms an organisation has, by what right, and in which words."""

from __future__ import annotations

import argparse

from .common import Command, Verbs, group, verb


def register(verbs: Verbs) -> None:
    """Add the verbs of this module."""
    own = group(verbs, "instruments", "the forms of an organisation, and its right to use them")
    listed = verb(own, "list", "list the forms, and whether they may be planned", _run("listed"))

    loaded = verb(
        own, "import", "load wording from a pack: TOML, or a FHIR Questionnaire", _run("imported")
    )
    loaded.add_argument("file", metavar="FILE", help="the pack")
    loaded.add_argument("--dry-run", action="store_true", help="say what it would do, and stop")

    permitted = verb(own, "permit", "record by what right a form is used", _run("permitted"))
    permitted.add_argument("code", metavar="CODE", help="of the form, for example wai-sr-c")
    permitted.add_argument(
        "--statement",
        required=True,
        metavar="TEXT",
        help="who permitted it, to whom, and when; everybody of the organisation can read it",
    )

    exported = verb(own, "export", "print a form as a FHIR Questionnaire", _run("exported"))
    exported.add_argument("code", metavar="CODE", help="of the form, for example wai-sr-c")
    for parser in (listed, loaded, permitted, exported):
        parser.add_argument(
            "--organisation",
            metavar="ID|NAME",
            help="whose; may be left out where there is only one",
        )


def _run(name: str) -> Command:
    def run(found: argparse.Namespace) -> int:
        from . import clinic_forms

        do: Command = getattr(clinic_forms, name)
        return do(found)

    return run
