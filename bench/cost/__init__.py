"""`make cost`: what the synthesized stack costs a month, and what alternatives cost."""
