"""CTranslate2: translation, summarization, speech, and GPT-2's continuations."""
