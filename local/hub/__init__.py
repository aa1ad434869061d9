"""A Hub server for repositories in folders, which can simulate faults."""
