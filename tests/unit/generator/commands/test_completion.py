"""What the shell completes of `call`, from a saved description of an app."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from gradio_codegen.cli import main

INFO = {
    "named_endpoints": {
        "/generate": {
            "parameters": [
                {
                    "parameter_name": "scheduler",
                    "label": "Scheduler",
                    "component": "Dropdown",
                    "type": {"type": "string", "enum": ["ddim", "euler", "heun"]},
                },
                {
                    "parameter_name": "steps",
                    "label": "Steps",
                    "component": "Slider",
                    "type": {"type": "number"},
                },
            ],
            "returns": [],
        },
        "/generate_again": {"parameters": [], "returns": []},
        "/describe": {"parameters": [], "returns": []},
    },
    "unnamed_endpoints": {},
}


@pytest.mark.parametrize(
    ("words", "incomplete", "completed"),
    [
        (["call", "lab.json"], "", ["generate", "generate_again", "describe"]),
        (["call", "lab.json"], "gen", ["generate", "generate_again"]),
        (["call", "lab.json"], "/d", ["/describe"]),
        (["call", "lab.json"], "x", []),
        (["call", "lab.json", "generate"], "", ["scheduler=", "steps="]),
        (["call", "lab.json", "generate"], "st", ["steps="]),
        (
            ["call", "lab.json", "generate"],
            "scheduler=e",
            ["scheduler=euler"],
        ),
        (["call", "lab.json", "generate"], "steps=", []),
        (["call", "lab.json", "generate"], "other=", []),
        (["call", "lab.json", "other"], "", []),
        (["call", "none.json"], "", []),
        (["call", "-"], "", []),
    ],
)
def test_what_is_completed(
    words: list[str],
    incomplete: str,
    completed: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lab.json").write_text(json.dumps(INFO), "utf-8")
    shell = ShellComplete(main, {}, "gradio-codegen", "_GRADIO_CODEGEN_COMPLETE")
    assert [item.value for item in shell.get_completions(words, incomplete)] == completed
