"""What stops a command."""


class Failure(Exception):
    """The command cannot go on; the message says what to do, and is shown alone."""
