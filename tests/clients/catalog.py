"""Which clients are asked, for what, and what is known not to work, with its reason."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

HERE = Path(__file__).parent
ROW = re.compile(r"row_(\d+)")
EXPORT = re.compile(r"^export async function (\w+)", re.MULTILINE)

ABILITIES = {
    "chat": "chat",
    "stream": "stream",
    "tools": "tools",
    "structured": "JSON schema",
    "responses": "responses",
    "generation": "completion",
    "embeddings": "embeddings",
    "rerank": "rerank",
    "transcription": "speech",
    "images": "images",
    "tasks": "other tasks",
    "index": "5,000 documents",
}
"""What a client may be able to do -> its column."""


@dataclass(frozen=True)
class Client:
    """One client: a file of this folder, and the package that it tries."""

    module: str
    """The file's name."""
    package: str
    language: Literal["python", "node"] = "python"
    is_ours: bool = False
    """Whether it runs in the project's own environment, which has this client too."""

    @property
    def title(self) -> str:
        """As people know it."""
        return f"{self.package} ({'Node.js' if self.language == 'node' else 'Python'})"

    @property
    def path(self) -> Path:
        """Its file."""
        return HERE / self.language / f"{self.module}.{'mjs' if self.language == 'node' else 'py'}"

    def names(self) -> list[str]:
        """What it is asked for, without importing it."""
        source = self.path.read_text()
        if self.language == "node":
            return EXPORT.findall(source)
        functions = (node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))
        return [each.name for each in functions if each.name in ABILITIES or ROW.fullmatch(each.name)]


CLIENTS = (
    Client("huggingface_hub", "huggingface_hub", is_ours=True),
    Client("openai", "openai", is_ours=True),
    Client("boto3", "boto3", is_ours=True),
    Client("curl", "curl", is_ours=True),
    Client("langchain_huggingface", "langchain-huggingface"),
    Client("langchain_openai", "langchain-openai"),
    Client("llama_index", "llama-index-core"),
    Client("haystack", "haystack-ai"),
    Client("chromadb", "chromadb"),
    Client("litellm", "litellm"),
    Client("openai_agents", "openai-agents"),
    Client("pydantic_ai", "pydantic-ai-slim"),
    Client("instructor", "instructor"),
    Client("smolagents", "smolagents"),
    Client("llm", "llm"),
    Client("cohere", "cohere"),
    Client("openai", "openai", "node"),
    Client("huggingface_inference", "@huggingface/inference", "node"),
    Client("ai", "@ai-sdk/openai-compatible", "node"),
    Client("ai_openai", "@ai-sdk/openai", "node"),
    Client("langchain_openai", "@langchain/openai", "node"),
    Client("openai_agents", "@openai/agents", "node"),
    Client("cohere_ai", "cohere-ai", "node"),
    Client("aws_lambda", "@aws-sdk/client-lambda", "node"),
    Client("fetch", "fetch", "node"),
)

EXCEPTED: dict[tuple[str, str], str] = {
    ("langchain-huggingface", "embeddings"): "its class for embeddings takes names on the Hub and no URL; "
    "`OpenAIEmbeddings` does",
    ("@ai-sdk/openai-compatible", "index"): "it asks for plain numbers, 2,048 vectors in a call: with 384 "
    "numbers each that is more than the 6 MB of a reply; send 600 texts at a time",
}
"""Package and name -> why it cannot work; one that works all the same is a failure too."""
