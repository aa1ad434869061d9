"""`make bench`: ours, the peer and the baseline side by side, in one run."""
