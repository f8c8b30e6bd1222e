"""Tables, transactions and the statements that write them. Reading is `onesql`'s."""
