"""Charts of what a principal may read, as pictures."""
