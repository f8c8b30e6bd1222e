"""The verbs.

Each validates through the pure domain, writes rows and facts together, and never commits: that is
the edge's. What cannot be done is `Refused`, with every problem named.
"""
