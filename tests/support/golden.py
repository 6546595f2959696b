"""Golden modules: descriptions of apps of our own, the modules that are generated from them, and
command lines of some.

`python -m tests.support.golden` writes the modules anew; look at the difference as a user would
before committing it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from gradio_codegen.app_schema import schema
from gradio_codegen.base.diagnostics import Diagnostic
from gradio_codegen.plan import model, plan
from gradio_codegen.render import render
from gradio_codegen.source.document import Document

FOLDER = Path(__file__).parents[1] / "golden"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
COMMAND_LINES = ["image_lab", "shell_traps"]


def document(
    description: dict[str, Any],
    config: dict[str, Any] | None = None,
    *,
    name: str = "app",
    url: str | None = None,
) -> Document:
    """A document as `source` makes one."""
    return Document(description, config, f"{name}.json", url, name)


def golden_document(name: str) -> Document:
    """The description of a golden module."""
    saved = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return document(
        saved["info"],
        saved["config"],
        name=name,
        url="http://127.0.0.1:7860" if name == "image_lab" else None,
    )


def build(source: Document, **options: Any) -> tuple[model.Module, list[Diagnostic]]:
    """A module, not yet text, and all the warnings about it."""
    app, diagnostics = schema.parse(source)
    module, more = plan.make(app, model.PlanOptions(**options))
    return module, [*diagnostics, *more]


def text_of(source: Document, **options: Any) -> str:
    """The text of a module."""
    return render.render([build(source, **options)[0]])[0]


def command_line_of(name: str, **options: Any) -> str:
    """The text of the command line beside a golden module."""
    line = build(golden_document(name), cli=True, **options)[0].command_line
    assert line is not None
    return render.render([replace(line, client=name)])[0]


def endpoint(
    parameters: list[dict[str, Any]] | None = None,
    returns: list[dict[str, Any]] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """An endpoint as /info describes it."""
    return {"parameters": parameters or [], "returns": returns or [], **more}


def parameter(
    name: str, type_: Any = None, component: str = "Textbox", **more: Any
) -> dict[str, Any]:
    """A parameter as /info describes it; `default=` gives it one."""
    slot: dict[str, Any] = {
        "label": name,
        "parameter_name": name,
        "type": {"type": "string"} if type_ is None else type_,
        "component": component,
    }
    if "default" in more:
        slot |= {"parameter_has_default": True, "parameter_default": more.pop("default")}
    return slot | more


def result(label: str, type_: Any = None, component: str = "Textbox") -> dict[str, Any]:
    """A result as /info describes it."""
    return {
        "label": label,
        "type": {"type": "string"} if type_ is None else type_,
        "component": component,
    }


def named(**endpoints: dict[str, Any]) -> dict[str, Any]:
    """What /info answers for some endpoints."""
    return {
        "named_endpoints": {f"/{name}": value for name, value in endpoints.items()},
        "unnamed_endpoints": {},
    }


if __name__ == "__main__":
    for golden in NAMES:
        (FOLDER / f"{golden}.py").write_text(text_of(golden_document(golden)), "utf-8")
    for golden in COMMAND_LINES:
        (FOLDER / f"{golden}_cli.py").write_text(command_line_of(golden), "utf-8")


def under_hash_seeds(expression: str) -> set[bytes]:
    """What a text made of this module's names is in processes that order sets in their own ways."""
    code = (
        "from tests.support.golden import *; import sys; "
        f"sys.stdout.buffer.write({expression}.encode())"
    )
    return {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4711")
    }
