"""Asking the demo's API as one of its people."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from .tokens import token

EVERYTHING = "user/*.cruds"


class Api:
    """A GraphQL client for each person, over real HTTP."""

    def __init__(self, address: str) -> None:
        """Keep the address."""
        self._client = httpx.Client(base_url=address, timeout=30)
        self._keys = itertools.count(1)
        self._tokens: dict[str, str] = {}

    def ask(self, person: str, query: str, **variables: Any) -> dict[str, Any]:
        """Return the data of a query."""
        response = self._client.post(
            "/graphql", json={"query": query, "variables": variables}, headers=self._as(person)
        )
        found: dict[str, Any] = response.json()
        if "errors" in found:
            raise SystemExit(f"The API refused a query of the story: {found['errors']}")
        data: dict[str, Any] = found["data"]
        return data

    def get(self, person: str, path: str) -> str:
        """Return the text at a path."""
        return self.fetch(person, path).decode()

    def fetch(self, person: str, path: str) -> bytes:
        """Return what is at a path."""
        response = self._client.get(path, headers=self._as(person))
        response.raise_for_status()
        return response.content

    @contextmanager
    def watching(self, person: str, query: str, **variables: Any) -> Iterator[Iterator[Any]]:
        """Watch, and yield what comes: each answer as it becomes another."""
        asked = {"query": query, "variables": variables}
        headers = {**self._as(person), "accept": "text/event-stream"}
        with self._client.stream("POST", "/graphql", json=asked, headers=headers) as answer:
            answer.raise_for_status()
            lines = answer.iter_lines()
            yield (json.loads(line[6:])["data"] for line in lines if line.startswith("data: "))

    def _as(self, person: str) -> dict[str, str]:
        if person not in self._tokens:
            self._tokens[person] = token(person, EVERYTHING, application="demo-story")
        return {"authorization": f"Bearer {self._tokens[person]}"}

    def do(self, person: str, mutation: str, selection: str, **given: Any) -> dict[str, Any]:
        """Run a mutation and return its payload; every call has a key of its own."""
        kind = mutation[0].upper() + mutation[1:]
        query = (
            f"mutation($input: {kind}Input!) {{ {mutation}(input: $input) "
            f"{{ {selection} problems {{ code field message }} }} }}"
        )
        given["idempotencyKey"] = f"story-{next(self._keys)}"
        payload: dict[str, Any] = self.ask(person, query, input=given)[mutation]
        return payload

    def done(self, person: str, mutation: str, selection: str, **given: Any) -> dict[str, Any]:
        """Run a mutation that must succeed."""
        payload = self.do(person, mutation, selection, **given)
        if payload["problems"]:
            raise SystemExit(f"The story's {mutation} was refused: {payload['problems']}")
        return payload
