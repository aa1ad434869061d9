"""onnxruntime-genai: decoder-only language models."""
