"""Said by whoever finds that a fast engine cannot give a model's own answers."""


class Unsupported(Exception):
    """A model's files ask for what this engine does not do; the message says what, for ``GET /``."""
