"""`alliance export`: the key that signs archives of people's own data, and checking one offline."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from .common import Verbs, group, verb

KEY = "EXPORT_KEY_FILE"


def register(verbs: Verbs) -> None:
    """Add the verbs of this module."""
    export = group(verbs, "export", "check an archive of somebody's own data, and the key of such")
    check = verb(export, "verify", "name the first file of an archive that was changed", _verify)
    check.add_argument("file", type=Path, help="the archive")
    check.add_argument("--keys", type=Path, required=True, help="the public keys, a JWK Set")
    keys = verb(export, "keys", f"write the public key of {KEY} as a JWK Set", _keys)
    keys.add_argument("--out", type=Path, required=True)


def _keys(found: argparse.Namespace) -> int:
    from chassis.signing import key_at

    path = os.environ.get(KEY, "")
    if not path:
        sys.exit(f"Set {KEY} to where the signing key is, or shall be: not where the database is.")
    public = key_at(Path(path)).public
    found.out.write_text(json.dumps({"keys": [public]}, indent=1), encoding="utf-8")
    print(f"Written: {found.out}")
    return 0


def _verify(found: argparse.Namespace) -> int:
    from alliance_api.rest.archive.sealed import first_fault, manifest_of
    from chassis.signing import verifier

    try:
        is_good = verifier(json.loads(found.keys.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        sys.exit(f"{found.keys}: is not a JWK Set of public keys.")
    if not found.file.is_file():
        sys.exit(f"{found.file}: there is no such file.")
    fault = first_fault(found.file, is_good)
    if fault is not None:
        # A name in an archive that somebody made up may hold anything.
        name = "".join(each if each.isprintable() else "?" for each in fault.name)
        print(f"{name}: {fault.what}", file=sys.stderr)
        return 1
    manifest = manifest_of(found.file)
    print(
        f"Unchanged: {len(manifest['files'])} files of {manifest['person']}, made {manifest['created']}."
    )
    for each in manifest["missing"]:
        print(f"Not inside: {each}")
    return 0
