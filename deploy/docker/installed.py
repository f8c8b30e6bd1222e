"""Write the metadata of `alliance` beside its modules, so that the image knows its own version."""

import sys
import sysconfig
import tomllib
from pathlib import Path


def main(project: str) -> None:
    """Write a dist-info of what is not installed but copied."""
    found = tomllib.loads(Path(project).read_text(encoding="utf-8"))["project"]
    name, version = found["name"], found["version"]
    folder = Path(sysconfig.get_path("purelib")) / f"{name}-{version}.dist-info"
    folder.mkdir()
    told = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nLicense: {found['license']}\n"
    (folder / "METADATA").write_text(told, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
