"""What functions, factory and cache function say to each other through one bucket (decision 0007)."""
