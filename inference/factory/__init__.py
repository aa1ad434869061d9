"""The factory: outside the network of the functions, it makes the models that they ask for."""
