"""What the read path costs, beside a plain stack and beside the bare statement.

`python -m benchmarks` fills one database, then measures in turns, in one run and on one machine:
Alliance with its law and ledger, the same schema by plain Strawberry resolvers (`plain`), and the
bare statement under `pgbench` (`bare`).
"""
