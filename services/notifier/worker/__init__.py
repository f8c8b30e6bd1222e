"""Pull facts, plan reminders, send what is due."""
