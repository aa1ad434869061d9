"""What stands between a request and an encoder's numbers: one file for each kind of head."""
