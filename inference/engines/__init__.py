"""How models are run. Nothing heavy is imported before a model is loaded."""
