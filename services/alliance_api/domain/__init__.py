"""Floor 0: what the project knows about alliance, as pure functions of their arguments."""
