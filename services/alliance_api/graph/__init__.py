"""GraphQL: the schema as declarations of where each field comes from, and the HTTP edge."""
