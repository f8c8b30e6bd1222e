"""Measures as data: one TOML file each, with the worked examples that are its tests."""
