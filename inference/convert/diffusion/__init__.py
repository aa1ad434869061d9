"""Stable Diffusion to ONNX: three graphs, written layer by layer from the modules of diffusers."""
