"""Train the demo models that are in git."""
