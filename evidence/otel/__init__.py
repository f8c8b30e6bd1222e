"""What stands in for the programs of the profile `observability` that cannot be had here."""
