"""The functions of the stack: their image, logs, roles, events and prefetch."""
