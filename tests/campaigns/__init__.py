"""Real campaigns, replayed through the whole loop."""
