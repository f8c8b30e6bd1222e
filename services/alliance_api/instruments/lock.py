"""The promise that a published version of a form never changes under somebody's scores."""


def silent_changes(before: str, after: str) -> tuple[str, ...]:
    """Return the forms, as code@version, whose content differs between two lock files.

    A lock has a line `<sha256>  <code>@<version>` for each form. A new form and a new version are
    no silent change; another hash for the same version is, and so is a version that went away
    without a higher one in its place.
    """
    old, new = _entries(before), _entries(after)
    latest = {code: max(v for c, v in new if c == code) for code, _ in new}
    return tuple(
        f"{code}@{version}"
        for (code, version), digest in sorted(old.items())
        if new.get((code, version), digest) != digest
        or ((code, version) not in new and latest.get(code, 0) < version)
    )


def _entries(lock: str) -> dict[tuple[str, int], str]:
    found = {}
    for line in lock.splitlines():
        digest, form = line.split()
        code, _, version = form.rpartition("@")
        found[code, int(version)] = digest
    return found
