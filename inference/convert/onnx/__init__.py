"""Encoders to ONNX graphs: export, int8 variants, proof."""
