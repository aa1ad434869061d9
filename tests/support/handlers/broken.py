"""A Lambda handler whose module cannot be imported."""

raise RuntimeError("broken at import")
