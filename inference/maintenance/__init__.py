"""The ``cache`` function, with which an operator lists and changes the model cache."""
