"""The ``cache`` function: what an operator may see of the model cache, and do to it."""
