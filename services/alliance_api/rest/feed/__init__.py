"""`GET /v1/feed`: what happened, in order, for whoever may be told."""
