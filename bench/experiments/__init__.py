"""The workshop's experiments, small enough to run during a talk."""
