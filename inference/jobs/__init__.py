"""What the serving process and its two children say to each other: jobs down a pipe, progress back."""
