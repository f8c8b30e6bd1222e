"""Kinds of reminders as data: a folder each, with its rule, its wording and the examples that test it."""
