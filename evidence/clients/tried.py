"""Unmodified public clients complete their flows against the running server.

`alliance serve` as a program, real accounts, the pages where people log in and agree. The clients
come from their registries, at one version each; a program of a few lines calls each of them and says
what it asked and what came, which is printed. What the programs do not say cannot be printed: no
token, code or secret is among it.

Short: Authlib, which is installed, and oauth4webapi where npm can install it. Long: all of them;
fhirclient's pages run in Chromium, driven by Playwright's client.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from evidence.figures import Figure
from tests.house import new_house
from tests.visitors import PASSWORD

from .flows import FLOWS, LIBRARIES, Flow
from .place import Place, opened

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(__file__).parent / "programs"
PLAYWRIGHT = "playwright-core@1.65.1"
SHORT = ("authlib", "oauth4webapi")
TARGET = "every client, every step"
# Of fhirclient's own server side, with React Native and hundreds of others, a browser needs nothing.
NPM = ("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent")
LEAN = ("--omit=optional", "--omit=peer", "--legacy-peer-deps")


def experiment(small: bool) -> Figure:
    """Let each client try; small: those that are quick."""
    names = SHORT if small else tuple(LIBRARIES)
    with tempfile.TemporaryDirectory(prefix="clients-") as name:
        folder = Path(name)
        absent = _installed(folder, names)
        flows = [flow for flow in FLOWS if flow.library in names and flow.library not in absent]
        with new_house() as house, opened(house, folder / "server.log") as place:
            steps = {flow: _played(flow, place, folder) for flow in flows}
            faults = place.browser.faults
        wrong = (folder / "server.log").read_text().count('"level": "ERROR"')
    for line in (*(f"{library}: {why}" for library, why in absent.items()), *faults):
        print(line)
    return _judged(steps, names, absent, wrong + len(faults), small=small)


def _judged(
    steps: dict[Flow, int],
    names: tuple[str, ...],
    absent: dict[str, str],
    faults: int,
    *,
    small: bool,
) -> Figure:
    whole = {flow for flow, count in steps.items() if count == flow.steps}
    done = {
        library
        for library in names
        if library not in absent and all(flow in whole for flow in FLOWS if flow.library == library)
    }
    wanted = [flow for flow in FLOWS if flow.library in names]
    told = (
        f"{len(done)} of {len(names)} clients, {len(whole)} of {len(wanted)} flows, "
        f"{sum(steps.values())} of {sum(flow.steps for flow in wanted)} steps"
    )
    if faults:
        told += f", {faults} faults of pages or in the log"
    # The short form runs where there may be no npm; then it says what it left out.
    left_out = set(absent) if small else set()
    met = done | left_out == set(names) and "authlib" in done and not faults
    return Figure("clients", told, TARGET, met=met)


def _installed(folder: Path, names: tuple[str, ...]) -> dict[str, str]:
    """Install the clients and put the programs beside them; return which are absent, and why."""
    for program in PROGRAMS.glob("*.mjs"):
        shutil.copy(program, folder)
    (folder / "package.json").write_text('{"private": true}')
    absent: dict[str, str] = {}
    packages = {name: spec for name in names if "@" in (spec := LIBRARIES[name])}
    extra = [PLAYWRIGHT] if "fhirclient (npm)" in packages else []
    if shutil.which("node") is None or shutil.which("npm") is None:
        absent |= dict.fromkeys(packages, "not run: node and npm are missing")
    elif packages and not _ran([*NPM, *LEAN, *packages.values(), *extra], folder):
        absent |= dict.fromkeys(packages, "not run: npm could not install it")
    if extra and shutil.which("chromium") is None:
        absent["fhirclient (npm)"] = "not run: chromium is missing (apt-get install chromium)"
    for name in names:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", "python"]
        if "==" in LIBRARIES[name] and not _ran([*pip, LIBRARIES[name]], folder):
            absent[name] = "not run: pip could not install it"
    return absent


def _ran(command: list[str], folder: Path) -> bool:
    try:
        done = subprocess.run(command, cwd=folder, check=False, capture_output=True, timeout=300)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _played(flow: Flow, place: Place, folder: Path) -> int:
    """Run one program, log in where it asks for it; return how many steps it made."""
    version = LIBRARIES[flow.library].replace("==", "@").rpartition("@")[2]
    print(f"{flow.library} {version}: {flow.way}".replace(" :", ":"), flush=True)
    with _started(flow, folder) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        count = 0

        def tell(word: object) -> None:
            assert process.stdin is not None
            process.stdin.write(f"{json.dumps(word)}\n")
            process.stdin.flush()

        tell({**flow.plan(place), "password": PASSWORD})
        for line in process.stdout:
            said = json.loads(line)
            if "did" in said:
                count += 1
                print(f"  ✓ {said['did']}: {said['came']}".rstrip(": "), flush=True)
            elif "visit" in said:
                tell(place.visit(said["visit"]))
            elif "take_back" in said:
                place.take_back()
                tell(True)
            else:
                print(f"  ✗ {said['failed']}", flush=True)
    return count


def _started(flow: Flow, folder: Path) -> subprocess.Popen[str]:
    if flow.program.endswith(".mjs"):
        command = ["node", flow.program]
    else:
        module = f"evidence.clients.programs.{flow.program.removesuffix('.py')}"
        command = [sys.executable, "-m", module]
    paths = [str(ROOT), str(ROOT / "services")]
    if "fhirclient" in flow.program:
        paths.insert(0, str(folder / "python"))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "NO_PROXY": "127.0.0.1"}
    # What libraries warn of is not what is asked; a program says itself what went wrong.
    pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdin=pipe, stdout=pipe, text=True, stderr=quiet
    )
