"""Batch over files: a user's lines, the state machine on this machine or in AWS, and the answers in order."""
