"""The workshop's experiments: small enough to be run while somebody explains what they show."""
