"""What a file says: journeys, segments, policy, channels and the project, with all places kept."""
