"""Workers are killed, PostgreSQL restarts, the provider fails, clocks jump; nothing is lost or doubled."""
