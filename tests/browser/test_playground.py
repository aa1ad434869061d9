"""What people see: every tab, a comparison, errors, and a model that is being prepared."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from inference.tasks import all_tasks
from local.demo.cards import UNTRAINED
from local.demo.catalog import DEMO_REPOSITORIES, current, demo_model
from local.hub.server import HubServer
from playground.results import transcript
from tests.support.browser import NARROW, WAIT_MS, WIDE, playground, shoot, viewed
from tests.support.paths import ROOT
from tests.support.signed_urls import signed_urls

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

    from inference.task import Task
    from tests.support.browser import View
    from tests.support.served import Served

TASKS = all_tasks()
BEST = {"sentiment": "POSITIVE", "image-classification": "3"}
"""The first label of models that were trained."""
DRAWN = {
    "entities": ".spans",
    "question-answering": "mark",
    "embeddings": ".stripes",
    "image": "img.picture",
    "summarization": ".side-by-side .written",
    "speech": ".transcript",
    "rerank": "ol.bars li",
    "similarity": "ol.bars li",
    "spam": "ol.bars li",
}
"""How an answer of a function is drawn."""
USABLE_S = 60
"""Far above what it takes (see what the test prints), for machines that do other work beside it."""
MOST_STOPS = 80
"""Of the Tab key, to what is looked for."""
SLOW_BYTES_PER_S = 60_000
BLANK_PX = 60
"""What a block of code may have above and below its lines."""


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_tab_answers_its_first_example(view: View, task: Task) -> None:
    name = task.function_name
    panel = view.open_tab(name)
    if name == "chat":
        panel.get_by_role("tab", name="Continue a text").click()
    panel.get_by_role("button", name=task.examples[0].title, exact=True).click()
    answer = view.run(panel)
    assert answer.locator(".refusal").count() == 0, answer.inner_text()
    assert re.search("inference|tokens", answer.inner_text())
    if name in BEST:
        assert answer.locator("ol.bars .name").first.inner_text() == BEST[name]
    if name == "translation":
        assert "24" in answer.locator(".written").inner_text()
    if name in DRAWN:
        assert answer.locator(DRAWN[name]).first.is_visible()
    demo = current(str(demo_model(task)))
    assert demo
    assert (UNTRAINED in answer.inner_text()) == bool(demo.note)
    panel.get_by_role("button", name="About the model").filter(visible=True).click()
    panel.get_by_text(demo.commit[:12]).filter(visible=True).wait_for()
    assert str(demo_model(task)) in panel.inner_text()
    assert view.faults() == []


def test_a_conversation_has_a_history(view: View) -> None:
    panel = view.open_tab("chat")
    panel.get_by_role("tab", name="Conversation").click()
    panel.get_by_role("button", name="New conversation").click()
    for turn, text in enumerate(("What is the capital of France?", "And of Italy?"), 1):
        panel.get_by_placeholder("Write, then press Enter").fill(text)
        panel.get_by_placeholder("Write, then press Enter").press("Enter")
        panel.get_by_test_id("bot").nth(turn - 1).wait_for(timeout=WAIT_MS)
        panel.locator(".facts", has_text="first token").first.wait_for(timeout=WAIT_MS)
        view.rested(panel)
    assert "What is the capital of France?" in panel.inner_text()
    assert view.faults() == []


def test_the_longest_answer_of_a_conversation_is_ones_choice(view: View) -> None:
    panel = view.open_tab("chat")
    panel.get_by_role("tab", name="Conversation").click()
    panel.get_by_role("button", name="New conversation").click()
    panel.get_by_test_id("bot").first.wait_for(state="detached")
    panel.get_by_role("button", name="Settings").filter(visible=True).click()
    longest = panel.get_by_role("spinbutton", name="Longest answer")
    longest.fill("1")
    longest.press("Tab")
    panel.get_by_placeholder("Write, then press Enter").fill("What is the capital of France?")
    panel.get_by_placeholder("Write, then press Enter").press("Enter")
    said = panel.get_by_test_id("bot").first
    said.wait_for(timeout=WAIT_MS)
    assert len(said.inner_text().split()) <= 1
    assert view.faults() == []


def choose(view: View, panel: Any, function: str) -> None:
    """Another function in a comparison's field."""
    panel.get_by_label("Function", exact=True).click()
    view.page.get_by_role("option", name=function, exact=True).click()


def test_compare_shows_two_models(view: View) -> None:
    panel = view.open_tab("compare")
    panel.get_by_role("button", name="Compare", exact=True).click()
    panel.locator("article .facts").nth(1).wait_for(timeout=WAIT_MS)
    cards = panel.locator("article").all_inner_texts()
    assert len(cards) == 2
    assert "hublet/demo-sentiment" in cards[0]
    assert "hublet/demo-emotion" in cards[1]
    assert all("inference" in card for card in cards)
    assert all(re.search(r"memory\s+\d+ MB", card) for card in cards)
    assert "They answer different questions" in panel.locator(".advice").inner_text()
    figures = panel.locator(".comparison > * table.forms").first.inner_text()
    assert re.search(
        r"hublet/demo-sentiment\s+POSITIVE\s+[\d.]+%\s+[\d.,]+ m?s\s+[\d,]+ MB\s+[\d.,]+ MB", figures
    )
    assert "warm calls" in panel.locator(".comparison").first.inner_text()
    assert view.faults() == []
    shoot(view.page, "compare-1280")


def test_compare_asks_the_models_that_one_chooses(view: View) -> None:
    panel = view.open_tab("compare")
    choose(view, panel, "Spam")
    panel.get_by_role("checkbox", name="Spam: hublet/demo-spam").wait_for()
    panel.get_by_role("checkbox", name="Emotion: hublet/demo-emotion").uncheck()
    panel.get_by_role("checkbox", name="Sentiment: hublet/demo-sentiment").check()
    panel.get_by_role("button", name="Compare", exact=True).click()
    panel.locator("article .facts").nth(1).wait_for(timeout=WAIT_MS)
    cards = panel.locator("article")
    assert cards.locator("h3").all_inner_texts() == ["hublet/demo-spam", "hublet/demo-sentiment"]
    labels = [set(card.locator("ol.bars .name").all_inner_texts()) for card in cards.all()]
    assert labels == [{"ham", "spam"}, {"NEGATIVE", "POSITIVE"}]
    assert view.faults() == []
    shoot(view.page, "compare-chosen-1280")


def test_compare_precision_shows_both_forms(view: View) -> None:
    panel = view.open_tab("precision")
    panel.get_by_role("button", name="Compare precision", exact=True).click()
    panel.locator("article .facts").nth(1).wait_for(timeout=WAIT_MS)
    cards = panel.locator("article")
    assert cards.locator("h3").all_inner_texts() == ["int8", "fp32"]
    assert cards.locator("ol.bars li:first-child .name").all_inner_texts() == ["POSITIVE", "POSITIVE"]
    for said in cards.all_inner_texts():
        assert re.search(r"inference\s+[\d.,]+ m?s", said)
        assert re.search(r"memory\s+\d+ MB", said)
    assert re.search("All say POSITIVE. .*(fp32|int8|equally)", panel.locator(".advice").inner_text())
    assert view.faults() == []
    shoot(view.page, "precision-1280")


@pytest.mark.long
def test_compare_precision_asks_the_function_that_one_chooses(view: View) -> None:
    panel = view.open_tab("precision")
    choose(view, panel, "Emotion")
    panel.locator("article").first.wait_for(state="detached")
    panel.get_by_role("button", name="Compare precision", exact=True).click()
    panel.locator("article .facts").nth(1).wait_for(timeout=WAIT_MS)
    cards = panel.locator("article").all_inner_texts()
    assert len(cards) == 2
    assert all("hublet/demo-emotion" in card for card in cards)
    labels = json.loads((ROOT / "local/demo/heads/demo-emotion/labels.json").read_text())
    assert all(any(label in card for label in labels) for card in cards)
    assert view.faults() == []


def test_an_error_is_readable(view: View) -> None:
    panel = view.open_tab("fill-mask")
    panel.get_by_role("textbox", name="Text").fill("No gap here.")
    view.run(panel)
    panel.locator(".refusal").wait_for(timeout=WAIT_MS)
    said = panel.locator(".refusal").inner_text()
    assert "<mask>" in said
    assert "InvalidField" in said
    assert "Traceback" not in said


def test_the_code_to_paste_is_the_requests(view: View) -> None:
    panel = view.open_tab("sentiment")
    panel.get_by_role("button", name="Code to paste").click()
    panel.get_by_text("boto3", exact=True).first.wait_for()
    text = panel.inner_text()
    assert "curl -s" in text
    assert "text_classification" in text
    for block in panel.locator(".code pre").filter(visible=True).all():
        box, inside = block.bounding_box(), block.locator("code").bounding_box()
        assert box
        assert inside
        assert box["height"] < inside["height"] + BLANK_PX
    assert view.faults() == []
    shoot(view.page, "code-1280")


@pytest.mark.parametrize(
    ("width", "scheme"), [(WIDE, "light"), (WIDE, "dark"), (NARROW, "light"), (NARROW, "dark")]
)
def test_a_page_fits_its_window(browser: Browser, url: str, width: int, scheme: str) -> None:
    with viewed(browser, url, width, scheme) as view:
        panel = view.open_tab("sentiment")
        view.run(panel)
        assert view.scroll_width <= width
        assert view.faults() == []
        shoot(view.page, f"sentiment-{scheme}-{width}")
        panel.get_by_role("button", name="About the model").click()
        panel.get_by_text("Precision:").click()
        panel.locator(".scrolls").first.wait_for()
        panel.get_by_role("button", name="Code to paste").click()
        panel.get_by_text("boto3", exact=True).first.wait_for()
        assert view.scroll_width <= width
        assert view.faults() == []
        shoot(view.page, f"open-{scheme}-{width}")


def test_a_transcript_without_spaces_fits_a_phone(browser: Browser, url: str) -> None:
    """As a model for Chinese writes, or one that nobody trained."""
    chunks = [{"timestamp": [0.0, 1.0], "text": "x" * 200}]
    with viewed(browser, url, NARROW) as view:
        panel = view.open_tab("sentiment")
        for result in ({"text": "x" * 200}, {"text": "x" * 200, "chunks": chunks}):
            drawn = transcript.draw(None, result)
            panel.locator(".result .prose").evaluate("(element, drawn) => element.innerHTML = drawn", drawn)
            assert view.scroll_width <= NARROW
            shoot(view.page, f"transcript-{NARROW}")


@pytest.mark.parametrize(("width", "scheme"), [(WIDE, "dark"), (NARROW, "light"), (NARROW, "dark")])
def test_comparisons_fit_their_window(browser: Browser, url: str, width: int, scheme: str) -> None:
    with viewed(browser, url, width, scheme) as view:
        for name, act in (("compare", "Compare"), ("precision", "Compare precision")):
            panel = view.open_tab(name)
            panel.get_by_role("button", name=act, exact=True).click()
            panel.locator("article .facts").nth(1).wait_for(timeout=WAIT_MS)
            assert view.scroll_width <= width
            assert view.faults() == []
            shoot(view.page, f"{name}-{scheme}-{width}")


def test_the_keyboard_is_enough(browser: Browser, url: str) -> None:
    """From the page as it opens to the answer of another tab."""
    with viewed(browser, url) as view:
        view.open_tab("sentiment")
        press(view, view.page.get_by_role("link", name="Spam", exact=True))
        panel = view.page.locator("#at-spam")
        panel.locator(".result").first.wait_for(timeout=WAIT_MS)
        view.rested(panel)
        press(view, panel.get_by_role("button", name="A friend", exact=True))
        view.page.keyboard.press("Control+Enter")
        panel.locator("ol.bars .name", has_text="ham").first.wait_for(timeout=WAIT_MS)
        assert "inference" in view.answered(panel).inner_text()


def test_a_view_has_an_address(browser: Browser, url: str) -> None:
    with viewed(browser, f"{url}#similarity") as view:
        view.page.locator("#at-similarity .about").first.wait_for(timeout=WAIT_MS)
        assert view.page.title() == "Similarity · Hublet playground"
        assert not view.page.locator("#at-sentiment").is_visible()
        view.page.get_by_role("link", name="Rerank", exact=True).click()
        view.page.locator("#at-rerank .about").first.wait_for(timeout=WAIT_MS)
        view.page.go_back()
        view.page.locator("#at-similarity .about").first.wait_for()


def test_a_view_opens_with_its_first_example_answered(browser: Browser, url: str) -> None:
    """Nobody presses anything; the function's model was prepared by other tests, or is prepared now."""
    with viewed(browser, url) as view:
        panel = view.page.locator("#at-sentiment")
        panel.locator(".about").first.wait_for(timeout=WAIT_MS)
        assert "POSITIVE" in view.answered(panel).inner_text()


def test_several_embeddings_are_a_map(view: View) -> None:
    panel = view.open_tab("embeddings")
    panel.get_by_role("button", name="A map of six", exact=True).click()
    answer = view.run(panel)
    assert answer.locator("figure.map circle").count() == 6
    assert answer.locator("table.matrix td").count() == 1 + 36
    assert view.faults() == []


def test_words_stand_under_their_piece_of_the_sound(view: View) -> None:
    panel = view.open_tab("speech")
    panel.get_by_role("button", name="Word by word", exact=True).click()
    pieces = view.run(panel).locator(".piece")
    assert pieces.count() > 3
    assert pieces.last.inner_text().startswith("Tuesday.")
    assert pieces.first.locator("svg.wave path").count() > 1
    assert view.faults() == []


def press(view: View, control: Any) -> None:
    """Go on by the Tab key to a control, and press Enter."""
    control.wait_for()
    for _ in range(MOST_STOPS):
        view.page.keyboard.press("Tab")
        if control.evaluate("element => element === document.activeElement"):
            view.page.keyboard.press("Enter")
            return
    pytest.fail("it is not reached by the Tab key")


def test_deployed_functions_are_called_with_a_signature(
    browser: Browser, served: Served, tmp_path: Path
) -> None:
    outputs = tmp_path / "outputs.json"
    with signed_urls(served.url) as signed:
        outputs.write_text(json.dumps({"Workshop": signed.outputs("sentiment")}))
        environ = signed.environ(tmp_path)
        with playground("--endpoints", str(outputs), **environ) as address, viewed(browser, address) as view:
            assert "outputs.json" in view.page.locator(".page-head").inner_text()
            panel = view.open_tab("sentiment")
            assert "POSITIVE" in view.run(panel).inner_text()
            panel.get_by_role("button", name="Code to paste").click()
            panel.get_by_text("boto3", exact=True).first.wait_for()
            assert "--aws-sigv4" in panel.inner_text()
            view.page.get_by_role("link", name="Compare precision").click()
            view.page.get_by_text("-c precision=fp32").first.wait_for()
            signed.environ(tmp_path, "another-secret")
            panel = view.open_tab("sentiment")
            panel.get_by_role("button", name="Run", exact=True).click()
            panel.locator(".refusal").wait_for()
            assert "does not let these credentials" in panel.locator(".refusal").inner_text()


def test_a_warm_start_is_usable_soon(
    browser: Browser, url: str, template: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    started_s = time.monotonic()
    with (
        playground("--template", str(template), "--cache", str(cache)) as address,
        viewed(browser, address) as view,
    ):
        view.open_tab("sentiment").get_by_role("button", name="Run", exact=True).wait_for()
        took_s = time.monotonic() - started_s
    with capsys.disabled():
        print(f"\nthe playground is usable after {took_s:.1f} s")
    assert took_s < USABLE_S


def test_a_slow_hub_shows_how_far_the_model_is(browser: Browser, template: Path, tmp_path: Path) -> None:
    path = _with_model(template, tmp_path, "hublet/demo-sentiment")
    with HubServer(DEMO_REPOSITORIES) as hub:
        hub.faults.slow_bytes_per_s = SLOW_BYTES_PER_S
        where = ("--hub", hub.url, "--cache", str(tmp_path / "cache"), "--template", str(path))
        with playground(*where, "--tasks", "sentiment") as address, viewed(browser, address) as view:
            panel = view.page.locator("#at-sentiment")
            bar = panel.locator(".wait progress[value]")
            bar.wait_for(timeout=WAIT_MS)
            assert "left" in panel.locator(".wait").inner_text()
            shoot(view.page, "progress-1280")
            hub.faults.slow_bytes_per_s = 0
            assert "POSITIVE" in view.answered(panel).inner_text()
            assert panel.locator(".wait").count() == 0


def _with_model(template: Path, folder: Path, model: str) -> Path:
    """The template with a model that the local Hub has, for its function and for those that look after it."""
    document: dict[str, Any] = json.loads(template.read_text())
    for resource in document["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            variables = resource["Properties"]["Environment"]["Variables"]
            variables["MODEL"] = model
            variables["MODELS"] = json.dumps({"sentiment": {"model": model, "revision": None}})
    path = folder / "template.json"
    path.write_text(json.dumps(document))
    return path


def test_no_stranger_is_asked_for_what_a_model_wrote(view: View) -> None:
    """A picture's address in an answer would tell a stranger that, and when, somebody read it."""
    blocked = view.page.evaluate(
        """async () => {
            const told = new Promise(resolve =>
                document.addEventListener("securitypolicyviolation", event => resolve(event.blockedURI)));
            const picture = document.createElement("img");
            picture.src = "http://127.0.0.1:9/seen.png";
            document.body.append(picture);
            const uri = await told;
            picture.remove();
            return uri;
        }"""
    )
    assert blocked == "http://127.0.0.1:9/seen.png"
    view.errors[:] = [line for line in view.errors if "seen.png" not in line]


def test_the_page_answers_to_its_own_names_alone(url: str) -> None:
    assert httpx2.get(url).status_code == 200
    assert httpx2.get(url, headers={"host": "evil.example"}).status_code == 400
