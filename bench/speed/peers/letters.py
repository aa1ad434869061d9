"""Speech by letters: transformers' pipeline is the same as for Whisper."""

from bench.speed.peers.speech import handler

__all__ = ["handler"]
