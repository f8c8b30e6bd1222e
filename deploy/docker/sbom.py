"""A CycloneDX 1.5 bill of materials of everything that Python can import here, as JSON."""

import json
import sys
from importlib.metadata import Distribution, distributions


def component(found: Distribution) -> dict[str, object]:
    """Return a distribution as a component."""
    name, version = found.metadata["Name"], found.version
    licence = found.metadata.get("License-Expression") or found.metadata.get("License") or ""
    # Some put the whole text of their licence there.
    short = licence.splitlines()[0][:80] if licence else "NOASSERTION"
    return {
        "type": "library",
        "bom-ref": f"pkg:pypi/{name.lower()}@{version}",
        "name": name,
        "version": version,
        "purl": f"pkg:pypi/{name.lower()}@{version}",
        "licenses": [{"license": {"name": short}}],
    }


def main(service: str) -> None:
    """Print the bill of a service's image."""
    components = sorted(
        (component(each) for each in distributions()), key=lambda it: str(it["purl"])
    )
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": service}},
        "components": components,
    }
    sys.stdout.write(json.dumps(bill, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
