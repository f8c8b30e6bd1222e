"""What we claim, measured: `python -m evidence NAME` runs the real thing and prints a figure."""
