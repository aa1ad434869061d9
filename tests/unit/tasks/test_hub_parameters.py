"""Parameters have the names of the Hub's task specification; what is left out is listed here."""

from __future__ import annotations

import dataclasses

import huggingface_hub as hub
import pytest

from inference.fields import Group
from inference.tasks import all_tasks, get_task

SPECIFICATIONS = {
    "feature-extraction": hub.FeatureExtractionInput,
    "fill-mask": hub.FillMaskParameters,
    "image-classification": hub.ImageClassificationParameters,
    "question-answering": hub.QuestionAnsweringParameters,
    "sentence-similarity": None,
    "summarization": hub.SummarizationParameters,
    "text-classification": hub.TextClassificationParameters,
    "text-generation": hub.TextGenerationInputGenerateParameters,
    "text-ranking": None,
    "text-to-image": hub.TextToImageParameters,
    "token-classification": hub.TokenClassificationParameters,
    "translation": hub.TranslationParameters,
    "zero-shot-classification": hub.ZeroShotClassificationParameters,
    "zero-shot-image-classification": hub.ZeroShotImageClassificationParameters,
    "automatic-speech-recognition": hub.AutomaticSpeechRecognitionParameters,
}
"""Pipeline tag -> the client's own type; the Hub knows no parameters of similarity and of ranking."""
LEFT_OUT = {
    "feature-extraction": {"inputs"},
    "text-generation": {"adapter_id"},
    "text-to-image": {"scheduler"},
}
"""What none of our engines does; asking for it is an error that names it."""
SPEECH_LEFT_OUT = {
    "epsilon_cutoff",
    "eta_cutoff",
    "min_length",
    "min_new_tokens",
    "num_beam_groups",
    "penalty_alpha",
    "top_p",
    "typical_p",
    "use_cache",
}


@pytest.mark.parametrize("name", [task.name for task in all_tasks()])
def test_the_hubs_parameters_are_there_by_name(name: str) -> None:
    task = get_task(name)
    specified = SPECIFICATIONS[task.pipeline_tag]
    wanted = {field.name for field in dataclasses.fields(specified)} if specified else set()
    ours = {field.name for field in task.parameters}
    assert wanted - ours == LEFT_OUT.get(task.pipeline_tag, set())


def test_the_hubs_parameters_of_speech_are_there_by_name() -> None:
    groups = {field.name: field for field in get_task("speech").parameters if isinstance(field, Group)}
    group = groups["generation_parameters"]
    wanted = {field.name for field in dataclasses.fields(hub.AutomaticSpeechRecognitionGenerationParameters)}
    assert wanted - {field.name for field in group.parts} == SPEECH_LEFT_OUT
