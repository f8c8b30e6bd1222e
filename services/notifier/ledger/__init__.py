"""What the notifier keeps: where it is in the feed, what it plans, whom it may reach, what became of it."""
