"""Images that stand in for public ones where none can be pulled: Debian's packages, of its next release.

They are built for one run and taken away with it. A stand-in keeps to what docker-compose.yml counts
on in the real image: the user's name, the path of its file, its entry point and its programs.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

# What docker-compose.yml pins is newer than bookworm's: HAProxy 3.1 (trixie has 3.0, bookworm 2.6) and
# Prometheus 3.1 (2.53, 2.42).
BASE = """FROM debian:bookworm-slim
RUN cd /etc/apt && sed -i s/bookworm/trixie/g $(ls sources.list sources.list.d/*.sources 2>/dev/null)"""
# As the official image has it: master and worker, in the foreground, the file under /usr/local.
HAPROXY = {
    "Dockerfile": f"""\
{BASE}
RUN apt-get update && apt-get install -y --no-install-recommends haproxy wget && rm -rf /var/lib/apt/lists/*
COPY entry.sh /usr/local/bin/docker-entrypoint.sh
RUN chmod 0755 /usr/local/bin/docker-entrypoint.sh && mkdir -p /usr/local/etc/haproxy
STOPSIGNAL SIGUSR1
ENTRYPOINT ["docker-entrypoint.sh"]
USER haproxy
WORKDIR /var/lib/haproxy
CMD ["haproxy", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]
""",
    "entry.sh": """\
#!/bin/sh
[ "$1" = haproxy ] && { shift; set -- haproxy -W -db "$@"; }
exec "$@"
""",
}

# Debian's Prometheus, with promtool, as the official image has it: as nobody, its files in /etc/prometheus.
PROMETHEUS = {
    "Dockerfile": f"""\
{BASE}
RUN apt-get update && apt-get install -y --no-install-recommends prometheus wget && rm -rf /var/lib/apt/lists/* \\
 && install -d -o 65534 -g 65534 /prometheus
ENTRYPOINT ["/usr/bin/prometheus"]
USER 65534:65534
WORKDIR /prometheus
CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]
"""
}
PYTHON = "python:3.13-slim"


def python(modules: Sequence[str], packages: Sequence[str]) -> dict[str, str]:
    """Return the files of an image that runs the last of some modules of ours, and needs packages."""
    copied = "\n".join(f"COPY {name.rpartition('.')[2]}.py /app/{_path(name)}" for name in modules)
    package = modules[-1].rpartition(".")[0].replace(".", "/")
    return {
        "Dockerfile": f"""\
FROM {PYTHON}
RUN pip install --quiet --no-cache-dir {" ".join(packages)} && install -d /app/{package} \\
 && touch /app/evidence/__init__.py /app/{package}/__init__.py
{copied}
ENV PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
ENTRYPOINT ["python", "-m", "{modules[-1]}"]
""",
        **{f"{name.rpartition('.')[2]}.py": _text(name) for name in modules},
    }


def _path(module: str) -> str:
    return module.replace(".", "/") + ".py"


def _text(module: str) -> str:
    return (Path(__file__).parents[1] / _path(module)).read_text(encoding="utf-8")


@contextmanager
def image(name: str, files: Mapping[str, str]) -> Iterator[str]:
    """Build an image of files, give its tag, and take it away afterwards."""
    tag = f"alliance-evidence/{name}:stand-in"
    with tempfile.TemporaryDirectory(prefix="stand-in-") as folder:
        for path, text in files.items():
            (Path(folder) / path).write_text(text, encoding="utf-8")
        _docker("build", "--quiet", "--tag", tag, folder)
    try:
        yield tag
    finally:
        _docker("image", "rm", "--force", tag)


def _docker(*arguments: str) -> None:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
