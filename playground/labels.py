"""Names of JSON fields in a reader's words; a name that is not here is shown with spaces."""

from __future__ import annotations

import re

WORDS = {
    "aggregation_strategy": "How tokens are joined",
    "candidate_labels": "Labels",
    "chunk_length_s": "Seconds of a window",
    "dimensions": "Numbers to keep",
    "do_sample": "Draw by chance",
    "doc_stride": "Overlap of windows",
    "function_to_apply": "Scores from logits",
    "guidance_scale": "How closely to follow the text",
    "height": "Height in pixels",
    "hypothesis_template": "Sentence around a label",
    "ignore_labels": "Labels to leave out",
    "max_answer_len": "Longest answer",
    "max_length": "Longest answer, prompt included",
    "max_new_tokens": "Longest answer",
    "max_question_len": "Longest question",
    "max_seq_len": "Longest window",
    "min_length": "Shortest answer, prompt included",
    "min_new_tokens": "Shortest answer",
    "multi_label": "Several may be true",
    "negative_prompt": "What to avoid",
    "no_repeat_ngram_size": "No repeats of so many tokens",
    "num_beams": "Beams",
    "num_inference_steps": "Steps",
    "partial": "Part of a list if time is short",
    "prompt_name": "Prompt of the repository",
    "raw_scores": "Logits as scores",
    "return_full_text": "Repeat the prompt",
    "return_text": "Repeat the texts",
    "return_timestamps": "Times",
    "sentences": "Sentences to compare",
    "src_lang": "From language",
    "stride": "Overlap of windows",
    "targets": "Words to choose from",
    "tgt_lang": "To language",
    "top_k": "How many",
    "top_n": "How many",
    "width": "Width in pixels",
}
INPUTS = {"audio": "Recording", "image": "Picture", "lines": "Texts", "text": "Text"}
"""Kind of control -> what the one input of a function is called."""
FIELD = re.compile(r"^(?:inputs|parameters)\.(\w+)(?:\.(\w+))?")


def label(name: str, kind: str = "text") -> str:
    """What stands over a control."""
    if name == "inputs":
        return INPUTS.get(kind, INPUTS["text"])
    return WORDS.get(name, name.replace("_", " ").capitalize())


def in_words(message: str) -> str:
    """A message that begins with a field, like ``inputs.question: is required``, for readers of the form."""
    path, colon, said = message.partition(": ")
    found = FIELD.match(path)
    if not colon or (not found and path != "inputs"):
        return message
    name = label((found.group(2) or found.group(1)) if found else path)
    return f"Please fill in “{name}”" if said.rstrip(".") == "is required" else f"{name}: {said}"
