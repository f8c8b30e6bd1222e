"""The verbs of the API: each says which scopes it needs, and hands its input to a use case.

One module a concept; an input carries an `idempotencyKey`: send the same again, and it is done
once. Their order here is their order in the schema.
"""

from . import cases, measurements, goals, sessions, commitments, guarding, signals, erasure  # noqa: I001  (the schema's order)
from .core import BY_CHANGED, CHANGED, VERBS, Verb, mutation_type

__all__ = [
    "BY_CHANGED",
    "CHANGED",
    "VERBS",
    "Mutation",
    "Verb",
    "cases",
    "commitments",
    "erasure",
    "goals",
    "guarding",
    "measurements",
    "sessions",
    "signals",
]

Mutation = mutation_type()
