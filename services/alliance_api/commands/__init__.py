"""The verbs of the command line, one module a concern; each registers what it has.

A verb imports what it needs when it runs, so that the others start fast.
"""
