"""The playground's parts that need no browser: where functions are, how calls get in, forms and code."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from inference.http import describe, openapi
from inference.task_body import read_body
from inference.tasks import all_tasks, get_task
from playground import __main__ as page_command
from playground import answer, code, endpoints, facts, local_cloud, precision_tab
from playground.access import Access, NoCredentials
from playground.client import Client, Reply
from playground.description import Catalogue, Description
from playground.endpoints import Endpoint, NoEndpoints
from playground.form import Request, form_of
from playground.refusal import words
from playground.results import draw

if TYPE_CHECKING:
    from pathlib import Path

    from inference.task import Task

TASKS = all_tasks()
IN_AWS = "https://abc.lambda-url.eu-west-1.on.aws/"
LOCAL = "http://127.0.0.1:8080/"


def described(task: Task, url: str = LOCAL) -> Description:
    """A function as it would describe itself, unprepared."""
    endpoint = Endpoint(task.function_name, url, f"hublet-{task.function_name}")
    return Description(endpoint, describe.function(task, None), openapi.document(task))


def test_an_outputs_file_names_the_functions(tmp_path: Path) -> None:
    file = tmp_path / "outputs.json"
    outputs = {"CacheName": "hublet-cache", "QuestionAnsweringName": "a", "QuestionAnsweringUrl": IN_AWS[:-1]}
    file.write_text(json.dumps({"Hublet": outputs}))
    assert endpoints.deployed(str(file)) == [Endpoint("question-answering", IN_AWS, "a")]


def test_what_is_no_hub_is_refused_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delattr(page_command, "LocalCloud")
    assert page_command.main(["--hub", "huggingface.co"]) == 1
    expected = "error: HUB='huggingface.co' is no Hub's address: write it like https://huggingface.co\n"
    assert capsys.readouterr().err == expected


def test_the_default_models_answer_carries_its_note_and_no_other_models_does() -> None:
    described_ = described(get_task("spam"))
    noted = replace(described_, endpoint=replace(described_.endpoint, note="untrained demo weights"))
    body = json.dumps([{"label": "ham", "score": 1.0}]).encode()
    for model, is_noted in ((noted.models[0], True), ("someone/else", False)):
        headers = {"content-type": "application/json", "x-model": model}
        drawn = answer.draw(noted, Request("Hi", {}), Reply(200, headers, body, 0.1))
        assert ("untrained demo weights" in drawn) == is_noted
    assert "untrained demo weights" in facts.head(noted, "Spam")
    assert "untrained demo weights" not in facts.head(described_, "Spam")


@pytest.mark.parametrize("text", ["{", "[]", '{"Hublet": 1}', '{"Hublet": {"CacheName": "a"}}', "{}"])
def test_another_file_is_refused_by_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "outputs.json"
    file.write_text(text)
    with pytest.raises(NoEndpoints, match=r"outputs\.json"):
        endpoints.deployed(str(file))
    with pytest.raises(NoEndpoints, match="is not there"):
        endpoints.deployed(str(tmp_path / "nowhere.json"))


def test_a_key_goes_along_and_nothing_is_signed_for_this_machine() -> None:
    given = {"accept": "application/json"}
    assert Access("k").headers("GET", IN_AWS, b"", given) == {**given, "authorization": "Bearer k"}
    assert Access().headers("GET", LOCAL, b"", given) == given


def test_a_url_in_aws_gets_a_signature_of_its_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    signed = [Access().headers("POST", IN_AWS, body, {})["Authorization"] for body in (b"a", b"b")]
    assert all(each.startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") for each in signed)
    assert all("/eu-west-1/lambda/aws4_request" in each for each in signed)
    assert signed[0] != signed[1]


def test_a_profile_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(NoCredentials, match="nobody"):
        Access(profile="nobody").headers("GET", IN_AWS, b"", {})


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_form_says_again_what_an_example_says(
    task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    form = form_of(described(task))
    fields = (*form.inputs, *form.required, *form.optional)
    for example in task.examples:
        asked = form.read_example(example.body)
        shown = [
            field.shown(value) if value is not None else None
            for field, value in zip(fields, form.values(asked), strict=True)
        ]
        chosen = [field.name for field, value in zip(fields, shown, strict=True) if value is not None]
        again = form.request(shown, chosen, is_list=isinstance(asked.inputs, list)).document()
        given, wanted = (read_body(dict(body), task) for body in (again, example.body))
        assert task.prepare(given.inputs, given.parameters) == task.prepare(wanted.inputs, wanted.parameters)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_code_to_paste_is_code(task: Task) -> None:
    for url in (LOCAL, IN_AWS):
        description = described(task, url)
        for example in task.examples:
            request = form_of(description).read_example(example.body)
            for has_key in (False, True):
                python = code.hub_client(description, request, has_key=has_key)
                compile(python, "code", "exec")
                has_method = not python.startswith("# InferenceClient has no method")
                assert ("HUBLET_KEY" in python) == (has_key and has_method)
                shell = code.curl(description, request, has_key=has_key)
                assert ("HUBLET_KEY" in shell) == has_key
                assert ("--aws-sigv4" in shell) == (url == IN_AWS and not has_key)
            compile(code.boto3(description, request), "code", "exec")


def test_no_text_ends_the_block_that_it_stands_in() -> None:
    assert code.block("curl", "bash", "ls") == "**curl**\n\n```bash\nls\n```"
    title, _, opening, *inside, closing = code.block("a", "text", "```\n````\n# no heading").split("\n")
    assert (title, opening, closing) == ("**a**", "`````text", "`````")
    assert inside == ["```", "````", "# no heading"]


def test_what_a_caller_wrote_is_no_markup() -> None:
    text = "<script>alert(1)</script>"
    answers: dict[str, Any] = {
        "summarization": [{"summary_text": text}],
        "text-classification": [[{"label": text, "score": 1.0}]],
        "token-classification": [{"start": 0, "end": 8, "entity_group": text, "score": 1.0}],
        "a-task-of-tomorrow": {"said": text},
    }
    for task, result in answers.items():
        reply = Reply(200, {"content-type": "application/json"}, json.dumps(result).encode(), 0.1)
        drawn = draw(task, Request(text, {}), reply)
        assert "&lt;script&gt;" in drawn
        assert "<script>" not in drawn


def test_an_error_says_what_to_do() -> None:
    body = b'{"error": "inputs: is required", "type": "InvalidField", "request_id": "1"}'
    said = words(Reply(422, {"content-type": "application/json"}, body, 0.1))
    assert said == "Please fill in “Text”."
    assert words(Reply(502, {}, b"<html>", 0.1)).startswith("The answer has status 502.")


def test_a_function_that_takes_less_is_asked_for_less() -> None:
    form = form_of(described(get_task("classification")))
    assert [field.name for field in form.required] == ["candidate_labels"]
    assert [field.kind for field in form_of(described(get_task("speech"))).inputs] == ["audio"]


@pytest.mark.parametrize(("own", "other"), [("fp32", "int8"), ("int8", "fp32"), ("int8-rows", "fp32")])
def test_a_form_is_compared_with_another(own: str, other: str) -> None:
    assert precision_tab.other_than({"model": "a", "engine": "onnx", "precision": own}) == other


@pytest.mark.parametrize("engine", ["transformers", "diffusers"])
def test_a_model_that_is_served_as_it_came_has_no_other_form(engine: str) -> None:
    with pytest.raises(precision_tab.NoOtherForm, match=engine):
        precision_tab.other_than({"model": "a", "engine": engine, "precision": "fp32"})


def test_deployed_functions_have_no_other_precision_here(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr("playground.precision_tab.gr.HTML", shown.append)
    precision_tab.show(Catalogue([], Client(Access())), None)
    assert "-c precision=fp32" in shown[0]


def test_one_function_at_a_time_has_another_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    class FakeCloud:
        def __init__(self, options: dict[str, str]) -> None:
            self.name = f"{options['tasks']} {options['precision']} {options['cache']}"
            told.append(f"start {self.name}")

        def wait(self) -> list[Endpoint]:
            return [Endpoint(self.name, LOCAL, self.name)]

        def stop(self) -> None:
            told.append(f"stop {self.name}")

    monkeypatch.setattr(local_cloud, "LocalCloud", FakeCloud)
    other = local_cloud.OtherPrecision({"tasks": "spam,image", "cache": "c"}, Client(Access()))
    first = other.catalogue("spam", "fp32")
    assert other.catalogue("spam", "fp32") is first
    assert other.catalogue("image", "fp32").names() == ["image fp32 c"]
    other.stop()
    other.stop()
    assert told == ["start spam fp32 c", "stop spam fp32 c", "start image fp32 c", "stop image fp32 c"]
