"""The OpenAI API's routes: chat and text completions, embeddings, the list of models."""
