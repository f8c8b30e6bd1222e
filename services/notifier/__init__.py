"""Reminders. It knows how to reach people, and never what they said to each other."""
