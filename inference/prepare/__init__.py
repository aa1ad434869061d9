"""How a missing model gets onto the cache: who does it, what for, and what happens when it fails."""
