"""The confidentiality law as one pure table, and what is generated from it."""
