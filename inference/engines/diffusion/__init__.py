"""Pictures from words on ONNX Runtime: Stable Diffusion's three networks, and its samplers in numpy."""
