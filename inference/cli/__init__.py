"""`python -m inference`: command-line arguments and progress bars."""
