"""GraphQL selections compiled to one SQL statement whose single value is the finished JSON.

The package knows GraphQL and PostgreSQL and nothing of any domain: types and fields carry
*sources* (see `sources`) in `extensions["onesql"]`, and `compiler.compile_selection` turns a
validated selection into a `plan.Plan`.
"""
