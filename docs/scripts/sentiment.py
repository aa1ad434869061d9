"""Is a text positive or negative? Change TEXT and MODEL, and run it again."""

from transformers import pipeline

MODEL = "distilbert/distilbert-base-uncased-finetuned-sst-2-english"
TEXT = "This workshop is great."

classify = pipeline("text-classification", model=MODEL, top_k=None)
for answer in classify([TEXT])[0]:
    print(f"{answer['label']:12} {answer['score']:.1%}")
