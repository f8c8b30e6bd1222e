"""GraphQL selections compiled to one SQL statement whose single value is the finished JSON.

The package knows GraphQL and PostgreSQL and nothing of any domain: types and fields carry
*sources* (see `sources`) in `extensions["onesql"]`. A request travels `cache.Documents.load`
(parse, limits, validate) → `Document.check_cost` → `Document.plan` with a `compiler.Compiler` →
`Plan.parameters` → the database → the bytes, or `nulls.mend_response` where a value is missing.
"""
