"""What strangers can send to the log-in: known vectors, and a million things that are malformed."""
