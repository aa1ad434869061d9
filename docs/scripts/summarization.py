"""Shorten a text. Change MODEL and LONGEST, and run it again."""

import sys

from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

MODEL = "facebook/bart-large-cnn"
LONGEST = 60

tokenizer = AutoTokenizer.from_pretrained(MODEL)
model = AutoModelForSeq2SeqLM.from_pretrained(MODEL)
words = tokenizer(sys.stdin.read(), return_tensors="pt", truncation=True)
summary = model.generate(**words, max_new_tokens=LONGEST)
print(tokenizer.decode(summary[0], skip_special_tokens=True))
