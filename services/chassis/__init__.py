"""What both services stand on, without a word of either one's domain."""
