"""Text-to-text models, speech models and GPT-2 to CTranslate2."""
