"""Decoder-only language models to onnxruntime-genai."""
