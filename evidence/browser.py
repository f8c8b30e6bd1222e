"""The pages of people in a real browser: by keyboard alone, in both languages, light and dark.

Debian's Chromium, driven by Playwright's client, walks through setting up an account, a one-time
code, a passkey of a virtual authenticator, consent, declining, a device and taking back; axe looks at
every page. Screenshots are left in build/browser, to be looked at.

The short form starts no browser: it reads the same pages over real HTTP by a strict parser, and
checks headers, forms, labels, landmarks and what a keyboard needs.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from evidence.figures import Figure
from tests.house import House, new_house
from tests.people import a_clinic
from tests.visitors import PASSWORD, Door, a_client, a_request, opened

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "build" / "browser"
PACKAGES = ("playwright-core@1.65.1", "axe-core@4.14.1")
NEEDED = ("chromium", "node", "npm")
SCOPES = [
    "openid",
    "fhirUser",
    "launch/patient",
    "patient/Goal.rs",
    "patient/Task.cruds",
    "user/Observation.rs?category=survey",
    "offline_access",
]
RUNS = (("en", "light", 1280), ("es", "dark", 390), ("en", "dark", 1280), ("es", "light", 390))
# Fewer pages or steps in a run were not the whole story.
PAGES, STEPS = 26, 12
TARGET = "0 faults in English and Spanish, light and dark, every page by keyboard"


def experiment(small: bool) -> Figure:
    """Walk through the pages; small: without a browser, and says so."""
    return _without() if small else _with()


def _with() -> Figure:
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        told = f"not run: {', '.join(missing)} missing (apt-get install chromium nodejs npm)"
        return Figure("browser", told, TARGET, met=False)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="browser-") as modules,
        new_house() as house,
        opened(house, host="localhost") as door,
        _application() as back,
    ):
        _install(Path(modules))
        runs = [_run(house, door, back, *run) for run in RUNS]
        plan = {
            "address": door.address,
            "chromium": shutil.which("chromium"),
            "folder": str(FOLDER),
            "modules": modules,
            "password": PASSWORD,
            "runs": runs,
        }
        found = _drive(Path(modules) / "plan.json", plan)
    return _judged(found)


def _judged(found: dict[str, Any]) -> Figure:
    for fault in found["faults"]:
        print(fault)
    pages, faults = len(found["pages"]), len(found["faults"])
    rules = sum(page["rules"] for page in found["pages"])
    told = (
        f"{pages} pages in {len(RUNS)} runs, {rules} axe rules passed and "
        f"{faults} faults; {found['steps']} steps by keyboard; screenshots in {FOLDER.name}"
    )
    whole = pages >= PAGES * len(RUNS) and found["steps"] >= STEPS * len(RUNS)
    return Figure("browser", told, TARGET, met=whole and not faults)


def _install(folder: Path) -> None:
    (folder / "package.json").write_text("{}")
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", *PACKAGES]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=300)


def _drive(file: Path, plan: dict[str, Any]) -> dict[str, Any]:
    file.write_text(json.dumps(plan))
    script = Path(__file__).with_suffix(".mjs")
    done = subprocess.run(
        ["node", str(script), str(file)], check=False, capture_output=True, text=True, timeout=1500
    )
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        return {"pages": [], "steps": 0, "faults": [done.stderr[-2000:] or "no answer"]}
    found: dict[str, Any] = json.loads(lines[-1])
    return found


def _run(  # noqa: PLR0913  (what a run is made of)
    house: House, door: Door, back: str, language: str, scheme: str, width: int
) -> dict[str, Any]:
    clinic = a_clinic(house)
    second = clinic.another_person("Bela Novak")
    clinic.another_case(second)
    name, link = door.invite(clinic.therapist)
    client = a_client(house, None, back, SCOPES)
    requests = [a_request(house, client, back, SCOPES) for _ in range(2)]
    device = f"{language}-{scheme}".upper()
    door.devices[device] = a_request(
        house, client, "", ["openid", "user/Goal.rs"], kind="DEVICE", issuer=door.address
    )
    return {
        "name": f"{language}-{scheme}",
        "language": language,
        "scheme": scheme,
        "viewport": {"width": width, "height": 844},
        "link": f"{door.address}{link}",
        "person": name,
        "requests": requests,
        "scopes": len(SCOPES),
        "device": device,
    }


@contextmanager
def _application() -> Iterator[str]:
    """Serve the place that an application waits at for its answer."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<!doctype html><html lang=en><title>Back</title><h1>Back</h1>"
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/back"
    server.shutdown()
    server.server_close()


def _without() -> Figure:
    print("No browser is started by the short form: pages are read over HTTP by a strict parser.")
    seen: set[str] = set()
    faults: list[str] = []
    with new_house() as house, opened(house) as door:
        for language in ("en", "es"):
            seen |= _visit(house, door, language)
        faults = door.leave()
    for fault in faults:
        print(fault)
    told = f"without a browser: {len(seen)} pages over HTTP, {len(faults)} faults"
    return Figure("browser", told, "0 faults", met=len(seen) >= 20 and not faults)


def _visit(house: House, door: Door, language: str) -> set[str]:
    clinic = a_clinic(house)
    clinic.another_case(clinic.another_person("Bela Novak"))
    browser = door.browser(**{"accept-language": language})
    seen: set[str] = set()

    def look() -> None:
        policy = browser.response.headers["content-security-policy"]
        strict = "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        if not strict or "unsafe" in policy or browser.page.one("html").get("lang") != language:
            browser.faults.append(f"{browser.path}: {policy}")
        seen.add(browser.page.title)

    back = "http://127.0.0.1:9/back"
    client = a_client(house, None, back, SCOPES)
    request = a_request(house, client, back, SCOPES)
    name, link = door.invite(clinic.therapist)
    browser.enrol(link)
    look()
    browser.press("/account/app")
    look()
    browser.get("/account/second-step")
    _, codes = browser.add_app()
    look()
    for path in (
        "/account",
        "/account/password",
        "/account/applications",
        "/oauth/device",
        link,
        f"/oauth/login?request={request}",
    ):
        if path != "/account/nowhere/with":
            browser.get(path)
            look()
    browser.send(browser.page.form("/oauth/consent"), "", None, answer="allow")
    look()
    browser.press("/account/sign-out")
    look()
    browser.sign_in(name, query=f"?request={request}")
    look()
    browser.press("/account/sign-in/code", "recovery", recovery=codes[0])
    look()
    browser.send(browser.page.form("/oauth/consent"), "", None, answer="decline")
    if "error=access_denied" not in browser.away:
        browser.faults.append("declining was not told")
    return seen
