"""The demo models, and the scripts that make, train and measure them."""
