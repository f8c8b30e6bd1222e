"""Public clients, as their authors published them, against the running server."""
