"""Ways to reach people, behind one interface: `send` a message to an address, with a key."""
