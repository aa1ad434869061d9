"""The demo models that Hublet brings along, and the scripts that made and measure them."""
