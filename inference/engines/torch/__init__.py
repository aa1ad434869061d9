"""torch, transformers and diffusers: the reference of every proof, and models no fast engine serves."""
