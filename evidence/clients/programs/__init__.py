"""Programs that use one public client each, and say line by line what they did."""
