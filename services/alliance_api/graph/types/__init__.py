"""The GraphQL types, one module per concept, named as on every other floor."""
