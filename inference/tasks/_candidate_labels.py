"""Labels of the caller's own, and the sentence that each stands in: for texts and for pictures."""

from inference.fields import Text, Words

ONE_GAP = r"^[^{}]*\{\}[^{}]*$"
CANDIDATE_LABELS = Words(
    Text("candidate_labels", "Labels to choose from; or one string with commas.", max_chars=200),
    max_items=32,
    splits_commas=True,
    is_required=True,
)
HYPOTHESIS_TEMPLATE = Text(
    "hypothesis_template", "A sentence with one {}, where a label goes.", 500, pattern=ONE_GAP
)
