"""Generating modules: wall, CPU, memory and the share of each stage, as an app grows.

Also `check --offline` over many clients.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.measure import python, run
from benchmarks.startup import Start, interleaved

CHOICES = ["euler", "ddim", "dpm++", "heun", "lms"]
FLOOR = """
import json, subprocess, sys, click, jinja2
from pathlib import Path
from datamodel_code_generator import DataModelType, InputFileType, LiteralType, generate
from datamodel_code_generator.format import PythonVersion
generate(
    open("floor.json").read(), input_file_type=InputFileType.JsonSchema,
    input_filename="floor.json", output_model_type=DataModelType.TypingTypedDict,
    enum_field_as_literal=LiteralType.All, use_union_operator=True,
    target_python_version=PythonVersion.PY_310, disable_timestamp=True, formatters=[],
)
ruff = Path(sys.executable).with_name("ruff")
subprocess.run(
    [ruff, "format", "--isolated", "-"], input=open("floor.py", "rb").read(),
    check=True, capture_output=True,
)
"""
STAGES = """
import json, sys, time
marks = [("start", time.perf_counter())]
from pathlib import Path
from gradio_codegen.source.document import Document
from gradio_codegen.plan import model, plan
from gradio_codegen.render import render
from gradio_codegen.app_schema import schema
marks.append(("import", time.perf_counter()))
info = json.loads(Path(sys.argv[1]).read_text())["info"]
document = Document(info=info, config=None, origin="bench.json", url=None, name="bench")
app, _ = schema.parse(document)
marks.append(("schema", time.perf_counter()))
module, _ = plan.make(app, model.PlanOptions())
marks.append(("plan", time.perf_counter()))
render.render([module])
marks.append(("render", time.perf_counter()))
shares = {name: end - start for (_, start), (name, end) in zip(marks, marks[1:])}
print(json.dumps(shares), file=sys.stderr)
"""


def document(endpoints: int) -> dict[str, Any]:
    """Make an `/info` document of that many endpoints.

    Each has six parameters and three results, a fifth of them structured.
    """
    return {
        "info": {
            "named_endpoints": {
                f"/endpoint_{number}": _endpoint(number) for number in range(endpoints)
            },
            "unnamed_endpoints": {},
        }
    }


def _endpoint(number: int) -> dict[str, Any]:
    parameters = [
        _slot("prompt", {"type": "string"}, "Textbox", name="prompt"),
        _slot(
            "scheduler",
            {"type": "string", "enum": [*CHOICES, f"own {number}"]},
            "Dropdown",
            name="scheduler",
            default="euler",
        ),
        _slot("steps", {"type": "number"}, "Slider", name="steps", default=25),
        _slot("seed", {"type": "integer"}, "Number", name="seed", default=0),
        _slot("tiling", {"type": "boolean"}, "Checkbox", name="tiling", default=False),
        _slot("options", _options(number), "Api", name="options"),
    ]
    returns = [
        _slot("text", {"type": "string"}, "Textbox"),
        _slot("score", {"type": "number"}, "Number"),
        _slot("options", _options(number), "Api"),
    ]
    return {
        "parameters": parameters,
        "returns": returns,
        "description": f"Endpoint number {number}.",
        "api_visibility": "public",
    }


def _options(number: int) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "name": {"type": "string"},
        "weight": {"type": "number"},
        "tags": {"type": "array", "items": {"type": "string"}},
    }
    if number % 5 == 0:
        fields[f"extra_{number}"] = {"type": "integer"}
    return {"type": "object", "properties": fields, "required": ["name"]}


def _slot(
    label: str,
    type_: dict[str, Any],
    component: str,
    *,
    name: str | None = None,
    default: Any = None,
) -> dict[str, Any]:
    slot: dict[str, Any] = {
        "label": label.title(),
        "type": type_,
        "python_type": {"type": "Any", "description": ""},
        "component": component,
    }
    if name:
        slot |= {
            "parameter_name": name,
            "parameter_has_default": default is not None,
            "parameter_default": default,
            "example_input": None,
        }
    return slot


def write(folder: Path, endpoints: int) -> Path:
    """Write the document of that size and return its path."""
    path = folder / f"app_{endpoints}.json"
    path.write_text(json.dumps(document(endpoints)))
    return path


def generate(folder: Path, sizes: list[int], rounds: int) -> dict[str, Start]:
    """Measure the command on apps of these sizes, and the floor for ten endpoints.

    The floor is bare imports, one datamodel-code-generator call and one ruff run.
    """
    command = str(Path(sys.executable).with_name("gradio-codegen"))
    cases = {str(size): _generating(command, folder, write(folder, size)) for size in sizes}
    run([command, "generate", str(write(folder, 10)), "-o", str(folder / "floor_out")])
    shutil.copy(next((folder / "floor_out").glob("app_10.py")), folder / "floor.py")
    schema = {
        "$defs": {f"Options{n}": _options(n) for n in range(10)},
        "type": "object",
        "properties": {f"o{n}": {"$ref": f"#/$defs/Options{n}"} for n in range(10)},
    }
    (folder / "floor.json").write_text(json.dumps(schema))
    cases["floor"] = lambda: run(python(FLOOR), cwd=folder)
    return interleaved(cases, rounds)


def _generating(command: str, folder: Path, source: Path) -> Any:
    def once() -> tuple[float, float, int]:
        out = folder / f"out-{time.monotonic_ns()}"
        return run([command, "generate", str(source), "-o", str(out)])

    return once


def check_offline(folder: Path, clients: int, rounds: int) -> dict[str, Start]:
    """`check --offline` in a project of that many fresh clients, against importing click."""
    project = folder / "project"
    project.mkdir()
    tables = [
        f'[tool.gradio-codegen.clients.app_{n}]\nsource = "app_{n}.json"\n' for n in range(clients)
    ]
    (project / "pyproject.toml").write_text(
        '[tool.gradio-codegen]\noutput = "clients"\n' + "".join(tables)
    )
    for number in range(clients):
        (project / f"app_{number}.json").write_text(json.dumps(document(5 + number)))
    command = str(Path(sys.executable).with_name("gradio-codegen"))
    run([command, "generate"], cwd=project)
    cases = {
        "ours": lambda: run([command, "check", "--offline"], cwd=project),
        "import click": lambda: run(python("import click"), cwd=project),
    }
    return interleaved(cases, rounds)
