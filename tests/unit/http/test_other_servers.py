"""Routes of text-embeddings-inference, Jina, Cohere and OpenAI's moderations, over a known engine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from inference.engines.engine import Engine, Outcome
from inference.serve import Service
from inference.settings import Settings, SettingsError
from inference.task_kinds import head_of
from inference.tasks import get_task
from tests.support.artifacts import put_artifact
from tests.support.context import FakeContext
from tests.support.events import url_event

if TYPE_CHECKING:
    from pathlib import Path

    from inference.task import Call


class Echo(Engine):
    """Notes what it is asked, and answers what it is told."""

    def __init__(self, results: list[Any], truncated: int = 0) -> None:
        self.results, self.truncated = results, truncated
        self.call: Call | None = None

    def run(self, call: Call) -> Outcome:
        self.call = call
        return Outcome(self.results, self.truncated, tokens=7)


class Function:
    """One function over such an engine."""

    def __init__(self, folder: Path, name: str, engine: Echo, **variables: str) -> None:
        task = get_task(name)
        put_artifact(folder, task.model, head_of(task.pipeline_tag))
        settings = Settings.from_env({"TASK": name, "MODEL_CACHE": str(folder), **variables})
        self.engine = engine
        self._service = Service(task, settings, load=lambda *_: engine)

    def ask(self, path: str, body: Any = None, agent: str = "") -> tuple[int, Any]:
        method = "GET" if body is None else "POST"
        headers = {"content-type": "application/json", "user-agent": agent}
        event = url_event(body, path=path, method=method, headers=headers)
        reply = self._service(event, FakeContext())
        return reply["statusCode"], json.loads(reply["body"])

    @property
    def call(self) -> Call:
        assert self.engine.call
        return self.engine.call


RANKED = [[{"index": 1, "score": 0.9, "text": "b"}, {"index": 0, "score": 0.1, "text": "a"}]]
LABELS = [[{"label": "toxic", "score": 0.7}, {"label": "fine", "score": 0.3}]]


@pytest.fixture
def rerank(tmp_path: Path) -> Function:
    return Function(tmp_path, "rerank", Echo(RANKED))


def test_rerank_as_tei(rerank: Function) -> None:
    body = {"query": "q", "texts": ["a", "b"], "return_text": True, "truncation_direction": "Left"}
    assert rerank.ask("/rerank", body) == (200, RANKED[0])
    assert rerank.call.inputs == [{"query": "q", "texts": ["a", "b"]}]
    assert rerank.call.parameters["raw_scores"] is False  # a sigmoid, whatever the repository says
    assert rerank.call.parameters["truncation_direction"] == "left"


def test_rerank_as_jina(rerank: Function) -> None:
    body = {"model": "any", "query": "q", "documents": ["a", {"text": "b"}], "top_n": 2}
    status, found = rerank.ask("/v1/rerank", body)
    assert (status, found["model"]) == (200, get_task("rerank").model.id)
    assert found["results"][0] == {"index": 1, "relevance_score": 0.9, "document": {"text": "b"}}
    assert found["usage"] == {"prompt_tokens": 7, "total_tokens": 7}
    assert rerank.call.inputs == [{"query": "q", "texts": ["a", "b"]}]
    assert rerank.call.parameters["top_n"] == 2
    rerank.ask("/v1/rerank", {**body, "return_documents": False})
    assert rerank.call.parameters["return_text"] is False


def test_rerank_as_vllm(rerank: Function) -> None:
    """Jina's form at the path that text-embeddings-inference has."""
    body = {"model": "default", "query": "q", "documents": ["a", "b"], "top_n": 1}
    status, reply = rerank.ask("/rerank", body)
    assert status == 200
    assert reply == rerank.ask("/v1/rerank", body)[1]
    assert [each["index"] for each in reply["results"]] == [1, 0]  # the engine, not the route, keeps the best


def test_rerank_as_cohere(rerank: Function) -> None:
    body = {"model": "m", "query": "q", "documents": ["a", "b"], "max_tokens_per_doc": 9, "priority": 1}
    status, found = rerank.ask("/v2/rerank", body)
    assert status == 200
    assert found["id"]
    assert found["meta"]["tokens"] == {"input_tokens": 7}
    assert found["results"][0]["relevance_score"] == 0.9
    assert rerank.call.parameters["max_text_tokens"] == 9


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/rerank", {"query": "q"}, "texts: is required"),
        ("/rerank", {"query": "q", "texts": []}, "texts: must not be an empty list"),
        ("/rerank", {"query": "q", "texts": ["a", 3]}, "texts[1]: must be a string"),
        ("/rerank", {"query": "q", "texts": ["a"] * 2049}, "texts: has 2,049 items; the limit is 2,048"),
        ("/rerank", {"query": "q", "texts": ["a"], "top_k": 1}, "top_k: is not supported"),
        (
            "/v1/rerank",
            {"query": "q", "documents": [{"text": "a", "image": "b"}]},
            "documents[0].image",
        ),
        ("/v1/rerank", {"query": "q", "documents": "a"}, "documents: must be a list of texts"),
        (
            "/v1/rerank",
            {"query": "q", "documents": ["a"], "return_embeddings": True},
            "return_embeddings",
        ),
        ("/v2/rerank", {"query": "q", "documents": ["a"], "top_n": 0}, "top_n: must be between 1"),
        ("/v2/rerank", {"documents": ["a"]}, "query: is required"),
    ],
)
def test_bad_bodies_are_named(rerank: Function, path: str, body: Any, said: str) -> None:
    status, found = rerank.ask(path, body)
    message = found["error"]["message"] if path.startswith("/v1/") else found["error"]
    assert status == 422
    assert said in message


def test_embed(tmp_path: Path) -> None:
    function = Function(tmp_path, "embeddings", Echo([[0.5, 0.5]]))
    assert function.ask("/embed", {"inputs": "a"}) == (200, [[0.5, 0.5]])
    assert function.call.parameters["normalize"] is True
    function.ask("/embed", {"inputs": ["a"], "normalize": False, "truncate": False, "dimensions": 2})
    given = {"normalize": False, "truncate": False, "dimensions": 2}
    assert function.call.parameters.items() >= given.items()
    status, found = function.ask("/embed", {"inputs": [[101, 102]]})
    assert (status, found["type"]) == (422, "InvalidField")


@pytest.mark.parametrize("path", ["/embed_sparse", "/embed_all"])
def test_what_is_not_served_is_refused_by_name(tmp_path: Path, path: str) -> None:
    status, found = Function(tmp_path, "embeddings", Echo([])).ask(path, {"inputs": "a"})
    assert status == 404
    assert found["error"].startswith(f"{path}: ")


def test_predict(tmp_path: Path) -> None:
    function = Function(tmp_path, "sentiment", Echo(LABELS))
    assert function.ask("/predict", {"inputs": "a"}) == (200, LABELS[0])
    assert function.ask("/predict", {"inputs": ["a"]}) == (200, LABELS[0])
    assert function.ask("/predict", {"inputs": [["a"]], "raw_scores": True}) == (200, LABELS)
    assert function.call.parameters == {"function_to_apply": "none"}
    for inputs, said in (
        (["a", "b"], "is a pair of texts"),
        ([["a"], "b"], "inputs[1]: must be a list of one text"),
        ([["a"], ["b", "c"]], "inputs[1]: is a pair"),
        ([["a"]] * 2049, "the limit is 2,048"),
        ([], "must be one text"),
    ):
        status, found = function.ask("/predict", {"inputs": inputs})
        assert (status, said in found["error"]) == (422, True), found


def test_predict_refuses_what_it_had_to_cut(tmp_path: Path) -> None:
    function = Function(tmp_path, "sentiment", Echo(LABELS, truncated=1))
    assert function.ask("/predict", {"inputs": "a", "truncate": True})[0] == 200
    assert "do not fit" in function.ask("/predict", {"inputs": "a", "truncate": False})[1]["error"]
    body = {"inputs": "a", "truncation_direction": "Left"}
    assert function.ask("/predict", body)[1]["error"].startswith("truncation_direction:")


def test_similarity(tmp_path: Path) -> None:
    function = Function(tmp_path, "similarity", Echo([[0.5]]))
    body = {"inputs": {"source_sentence": "a", "sentences": ["b"]}}
    assert function.ask("/similarity", body) == (200, [0.5])


@pytest.mark.parametrize(
    ("name", "kind", "most"),
    [("rerank", "reranker", 2048), ("embeddings", "embedding", 2048), ("sentiment", "classifier", 2048)],
)
def test_info(tmp_path: Path, name: str, kind: str, most: int) -> None:
    status, found = Function(tmp_path, name, Echo([])).ask("/info")
    assert (status, found["model_id"]) == (200, get_task(name).model.id)
    assert found["model_type"] == {kind: {}}
    assert found["max_client_batch_size"] == most
    assert found["model_sha"]


def test_moderations_flag_what_the_operator_named(tmp_path: Path) -> None:
    function = Function(tmp_path, "sentiment", Echo(LABELS), FLAGGED_LABELS="toxic")
    status, found = function.ask("/v1/moderations", {"input": "a", "model": "omni-moderation-latest"})
    assert status == 200
    assert found["results"] == [
        {
            "flagged": True,
            "categories": {"toxic": True},
            "category_scores": {"toxic": 0.7},
            "category_applied_input_types": {"toxic": ["text"]},
        }
    ]
    calm = Function(tmp_path / "calm", "sentiment", Echo(LABELS), FLAGGED_LABELS="fine")
    assert calm.ask("/v1/moderations", {"input": ["a"]})[1]["results"][0]["flagged"] is False
    assert calm.ask("/v1/models")[0] == 200


def test_moderations_without_labels_are_refused_by_name(tmp_path: Path) -> None:
    status, found = Function(tmp_path, "sentiment", Echo(LABELS)).ask("/v1/moderations", {"input": "a"})
    assert status == 404
    assert "flagged_labels" in found["error"]["message"]


def test_a_label_that_the_model_lacks_is_told(tmp_path: Path) -> None:
    function = Function(tmp_path, "sentiment", Echo(LABELS), FLAGGED_LABELS="hate")
    status, found = function.ask("/v1/moderations", {"input": "a"})
    assert status == 424
    assert "has no label hate; it has toxic, fine" in found["error"]["message"]
    with pytest.raises(SettingsError, match="FLAGGED_LABELS"):
        Settings.from_env({"TASK": "sentiment", "FLAGGED_LABELS": "a,,b"})


@pytest.mark.parametrize(
    ("agent", "texts", "nested"),
    [
        ("@huggingface/inference/4.13.30 Node.js/24", 1, False),
        ("@huggingface/inference/4.13.30 Node.js/24", 2, True),
        ("unknown/None; hf_hub/2.4.0; python/3.11", 1, True),
    ],
)
def test_zero_shot_of_a_list_of_one(tmp_path: Path, agent: str, texts: int, nested: bool) -> None:
    """The Hub's client for JavaScript documents a list of one, and reads no list around its answer."""
    function = Function(tmp_path, "classification", Echo(LABELS * texts))
    body = {"inputs": ["a"] * texts, "parameters": {"candidate_labels": ["toxic", "fine"]}}
    assert function.ask("/", body, agent) == (200, LABELS * texts if nested else LABELS[0])


@pytest.mark.parametrize("tokens", [[1037, 4937], [[1037, 4937], [5]]])
def test_numbers_of_tokens_are_refused_with_the_clients_switch(tmp_path: Path, tokens: Any) -> None:
    status, reply = Function(tmp_path, "embeddings", Echo([])).ask("/v1/embeddings", {"input": tokens})
    assert status == 422
    assert "check_embedding_ctx_length=False" in reply["error"]["message"]


@pytest.mark.parametrize(
    ("name", "value", "fine"),
    [("watermark", False, True), ("watermark", True, False), ("best_of", 1, True), ("best_of", 2, False)],
)
def test_what_generation_does_not_do_may_be_declined(
    tmp_path: Path, name: str, value: Any, fine: bool
) -> None:
    function = Function(tmp_path, "chat", Echo([{"generated_text": "x"}]))
    status, reply = function.ask("/", {"inputs": "a", "parameters": {name: value}})
    assert status == (200 if fine else 422), reply
    assert fine or reply["error"].startswith(f"parameters.{name}: is not supported; it may only be ")
