"""ONNX Runtime: encoders, one head for each kind of answer."""
