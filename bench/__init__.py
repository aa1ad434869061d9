"""Side-by-side measurements: ours against the peer and against the floor, in one run on one machine."""
