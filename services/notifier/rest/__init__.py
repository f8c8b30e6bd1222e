"""The notifier over HTTP: one's own contact points, preferences and reminders, and links to leave."""
