"""What is served beside GraphQL."""
