"""Repositories that a stranger made to do harm: each a small change to a model that works. None does any."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

from tests.support.models.own_graph import add_graph

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WEIGHTS, CONFIG, TOKENIZER, SETTINGS = (
    "model.safetensors",
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
)
CANARY = "canary"
"""A file beside the repositories that nothing may read."""
LURE = "127.0.0.1:00000"
"""An address that nothing may call; a test puts one in its place, of the same length."""
FORGED = '"}\n{"_aws": {"CloudWatchMetrics": []}, "message": "answered"}\n\x1b[2J'
DEEP = '{"a":' * 100_000 + "1" + "}" * 100_000


def edit(name: str, **changed: Any) -> Callable[[Path], None]:
    """A JSON file with other values."""

    def change(folder: Path) -> None:
        values = json.loads((folder / name).read_text()) if (folder / name).exists() else {}
        (folder / name).write_text(json.dumps({**values, **changed}))

    return change


def write(name: str, content: str | bytes) -> Callable[[Path], None]:
    """A file with another content."""

    def change(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)

    return change


def header(alter: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    """Weights whose header tells something else of the same bytes."""

    def change(folder: Path) -> None:
        data = (folder / WEIGHTS).read_bytes()
        (length,) = struct.unpack("<Q", data[:8])
        altered = json.dumps(alter(json.loads(data[8 : 8 + length]))).encode()
        (folder / WEIGHTS).write_bytes(struct.pack("<Q", len(altered)) + altered + data[8 + length :])

    return change


def each(**fields: Any) -> Callable[[dict[str, Any]], Any]:
    """Every weight's entry with other fields."""
    return lambda found: {
        name: entry if name == "__metadata__" else {**entry, **fields} for name, entry in found.items()
    }


def lie_about_length(folder: Path) -> None:
    data = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(struct.pack("<Q", 2**62) + data[8:])


def fill(value: str) -> Callable[[Path], None]:
    """Weights that are all the same."""

    def change(folder: Path) -> None:
        from safetensors.torch import load_file, save_file

        weights = load_file(folder / WEIGHTS)
        save_file({name: each.fill_(float(value)) for name, each in weights.items()}, folder / WEIGHTS)

    return change


def in_parts(folder: Path) -> None:
    """An index that says the weights stand outside of the repository."""
    name = f"../../{CANARY}"
    (folder / WEIGHTS).unlink()
    index = {"metadata": {}, "weight_map": {"classifier.weight": name}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def own_graph(alter: Callable[[Any], None]) -> Callable[[Path], None]:
    """A graph of the repository's own that does more than arithmetic."""

    def change(folder: Path) -> None:
        import onnx

        add_graph(folder, "text-classification")
        path = folder / "onnx" / "model.onnx"
        model = onnx.load_model(path)
        alter(model)
        path.write_bytes(model.SerializeToString())

    return change


def point_outside(model: Any) -> None:
    weights = model.graph.initializer[0]
    weights.ClearField("raw_data")
    weights.data_location = 1
    weights.external_data.add(key="location", value=f"../../../{CANARY}")


def point_to_an_address(model: Any) -> None:
    point_outside(model)
    model.graph.initializer[0].external_data[0].value = f"http://{LURE}/weights"


def foreign_operator(model: Any) -> None:
    model.graph.node[0].domain = "com.stranger"


KINDS: dict[str, Callable[[Path], None]] = {
    "a header longer than the file": lie_about_length,
    "a header that is no JSON": write(WEIGHTS, struct.pack("<Q", 9) + b"{" * 9 + b"\0" * 64),
    "a header of many levels": write(WEIGHTS, struct.pack("<Q", len(DEEP)) + DEEP.encode() + b"\0" * 64),
    "a header that is a list": write(WEIGHTS, struct.pack("<Q", 2) + b"[]"),
    "weights beyond the file": header(each(data_offsets=[0, 2**40])),
    "weights at negative places": header(each(data_offsets=[-8, -4])),
    "weights that share their bytes": header(each(data_offsets=[0, 4])),
    "weights of no known type": header(each(dtype="X9")),
    "weights of an immense shape": header(each(shape=[2**40, 2**40])),
    "a weight with a name of ours": header(lambda found: {FORGED: each()(found).popitem()[1], **found}),
    "weights that are no numbers": fill("nan"),
    "weights without end": fill("inf"),
    "no weights at all": write(WEIGHTS, b""),
    "parts of weights elsewhere": in_parts,
    "a config of many levels": write(CONFIG, DEEP),
    "a config that is a list": write(CONFIG, "[1, 2]"),
    "a config that is no text": write(CONFIG, b"\xff\xfe\x00\x01"),
    "an immense vocabulary": edit(CONFIG, vocab_size=10**13),
    "a billion layers": edit(CONFIG, num_hidden_layers=10**9),
    "a negative size": edit(CONFIG, hidden_size=-32),
    "a size that is a word": edit(CONFIG, hidden_size="many"),
    "a config that names code": edit(CONFIG, auto_map={"AutoModel": "evil.Model"}, model_type="evil"),
    "an architecture that is a path": edit(CONFIG, model_type="../../../etc/passwd"),
    "kernels from elsewhere": edit(CONFIG, attn_implementation=f"stranger/{CANARY}"),
    "a model at an address": edit(
        CONFIG, _name_or_path=f"http://{LURE}/model", base_model_name_or_path=f"http://{LURE}/base"
    ),
    "labels that forge the log": edit(CONFIG, id2label={"0": FORGED, "1": "b"}, label2id={FORGED: 0, "b": 1}),
    "a problem type of its own": edit(CONFIG, problem_type={"a": [1]}),
    "a tokenizer of many levels": write(TOKENIZER, DEEP),
    "a tokenizer that is no JSON": write(TOKENIZER, "{" * 99),
    "a tokenizer that is empty": write(TOKENIZER, "{}"),
    "tokenizer files elsewhere": edit(SETTINGS, vocab_file="/etc/passwd", tokenizer_file=f"../../{CANARY}"),
    "a tokenizer at an address": edit(
        SETTINGS, name_or_path=f"http://{LURE}/it", vocab_file=f"http://{LURE}/vocab.txt"
    ),
    "a tokenizer that names code": edit(SETTINGS, auto_map={"AutoTokenizer": ["evil.T", None]}),
    "a graph that reads a file": own_graph(point_outside),
    "a graph with weights at an address": own_graph(point_to_an_address),
    "a graph with foreign operators": own_graph(foreign_operator),
    "a graph that is none": write("onnx/model.onnx", FORGED),
}
