"""Demo models with random weights: real architectures, meaningless answers."""
