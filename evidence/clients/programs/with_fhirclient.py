"""PyPI fhirclient: it reads FHIR's capability statement, and lets somebody log in."""

from __future__ import annotations

from typing import Any

from fhirclient.client import FHIRClient  # type: ignore[import-not-found, unused-ignore]
from fhirclient.server import (  # type: ignore[import-not-found, unused-ignore]
    FHIRNotFoundException,
)

from evidence.clients.programs.steps import did, run, soon, sure, taken_back, visited


def main(plan: dict[str, Any]) -> None:
    """Launch: standalone, or with the EHR's word for it."""
    settings = {
        "app_id": plan["client_id"],
        "api_base": f"{plan['issuer']}/fhir",
        "redirect_uri": plan["redirect_uri"],
        "scope": plan["scope"],
        "launch_token": plan.get("launch"),
    }
    smart = FHIRClient(settings=settings)
    sure(smart.prepare() is False, "nobody has logged in yet")
    statement = smart.server.capabilityStatement
    did("capability statement", f"FHIR {statement.fhirVersion}, read as its model wants it")
    smart.handle_callback(visited(smart.authorize_url))
    sure(smart.ready, "there is a token")
    did("code redeemed", smart.launch_context["scope"])
    sure(smart.patient_id == plan["patient"], "the right client")
    did(
        "launch context",
        "the client who was chosen" if not plan.get("launch") else "the EHR's client",
    )
    did("asked", ask(smart, plan))
    before = smart.server.auth.access_token
    sure(smart.reauthorize(), "a new token")
    sure(smart.server.auth.access_token != before, "another token")
    did("refreshed", "another access token")
    did("asked with the new token", ask(smart, plan))
    try:
        smart.server.request_json(f"Patient/{smart.patient_id}")
    except FHIRNotFoundException:
        did("GET /fhir/Patient", "404: no resource is served there yet")
    else:
        did("GET /fhir/Patient", "found")
    # The library has no word for revoking.
    taken_back()
    did("asking once it was taken back", soon(lambda: ask(smart, plan), "FHIRUnauthorized"))


def ask(smart: Any, plan: dict[str, Any]) -> str:
    """Ask by GraphQL, with the client's own session and headers."""
    headers = smart.server.auth.signed_headers({"Content-Type": "application/json"})
    query = {"query": plan["query"]}
    answer = smart.server.session.post(f"{plan['issuer']}/graphql", json=query, headers=headers)
    smart.server.raise_for_status(answer)
    sure(plan["case"] in answer.text, "the case is there")
    return "the case"


if __name__ == "__main__":
    run(main)
