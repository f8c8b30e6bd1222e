"""Reminders. It will learn how to reach people, and never what they said to each other."""
