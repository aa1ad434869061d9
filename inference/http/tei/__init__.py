"""Routes of text-embeddings-inference (TEI), in the forms of its ``router/src/http/types.rs``."""
