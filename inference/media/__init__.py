"""Pictures and recordings: bytes from callers to pixels and waveforms within limits, and back."""
