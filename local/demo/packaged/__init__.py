"""Demo models made from real weights in Python packages."""
