"""Which of your own labels fits a text? Change TEXT and LABELS, and run it again."""

from transformers import pipeline

MODEL = "facebook/bart-large-mnli"
TEXT = "The match went into extra time."
LABELS = ["sport", "politics", "cooking"]

classify = pipeline("zero-shot-classification", model=MODEL)
answer = classify(TEXT, candidate_labels=LABELS)
for label, score in zip(answer["labels"], answer["scores"], strict=True):
    print(f"{label:12} {score:.1%}")
