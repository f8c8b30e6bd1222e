"""`make demo`: everything on this machine, with made-up people and a story that checks itself."""
