"""The model cache on EFS: its layout, ready artifacts, leases, and how files become visible."""
