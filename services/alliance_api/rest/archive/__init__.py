"""Everything of one person's in one signed file, by stored documents through the one read path."""
