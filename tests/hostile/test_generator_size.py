"""Descriptions that are too deep, too wide or too long end in an error or a warning, soon, and
within bounded memory.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gradio_codegen.app_schema import schema
from gradio_codegen.base.diagnostics import CommandError
from tests.support.golden import build, document, endpoint, named, parameter, result, text_of
from tests.support.scripts import python

TEXT = {"type": "string"}
MEASURE = """
import json, resource, sys, time
from gradio_codegen.base.diagnostics import CommandError
from tests.support.golden import build, document, text_of
info = json.loads(open(sys.argv[1], encoding="utf-8").read())
before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
try:
    outcome = len(text_of(document(info)))
except CommandError as error:
    outcome = str(error)
grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
print(json.dumps([outcome, time.process_time() - started, grown]))
"""


def nested(levels: int, wrap: str) -> dict[str, Any]:
    inner: dict[str, Any] = TEXT
    for _ in range(levels):
        inner = {
            "array": {"type": "array", "items": inner},
            "object": {"type": "object", "properties": {"a": inner}},
            "union": {"anyOf": [inner, {"type": "null"}]},
            "map": {"type": "object", "additionalProperties": inner},
        }[wrap]
    return inner


@pytest.mark.parametrize("levels", [20, 59, 61, 400, 900])
@pytest.mark.parametrize("wrap", ["array", "object", "union", "map"])
def test_deep_schemas(levels: int, wrap: str) -> None:
    deep = nested(levels, wrap)
    source = document(named(f=endpoint([parameter("x", deep)], [result("y", deep)])))
    compile(text_of(source), "deep.py", "exec")
    warned = bool(build(source)[1])
    assert warned or levels < 60


def test_a_default_nested_too_deeply() -> None:
    value: Any = 1
    for _ in range(900):
        value = [value]
    assert "x: str | Default = DEFAULT" in text_of(
        document(named(f=endpoint([parameter("x", default=value)])))
    )


def test_schemas_that_refer_to_themselves() -> None:
    node = {
        "type": "object",
        "title": "Node",
        "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/Node"}}},
        "required": ["children"],
    }
    other = {
        "type": "object",
        "title": "Other",
        "properties": {"node": {"$ref": "#/$defs/Node"}, "other": {"$ref": "#/$defs/Other"}},
    }
    source = document(
        named(
            f=endpoint(
                [parameter("x", {"$ref": "#/$defs/Other", "$defs": {"Node": node, "Other": other}})]
            )
        )
    )
    assert "children: NotRequired" not in text_of(source)
    assert "children: ReadOnly[Sequence[Any]]" in text_of(source)
    assert ["refers to itself" in d.what for d in build(source)[1]] == [True]


def test_references_that_multiply() -> None:
    definitions: dict[str, Any] = {
        f"N{n}": {"anyOf": [{"type": "array", "items": {"$ref": f"#/$defs/N{n + 1}"}}] * 9}
        for n in range(40)
    }
    definitions["N40"] = TEXT
    module, diagnostics = build(
        document(named(f=endpoint([parameter("x", {"$ref": "#/$defs/N0", "$defs": definitions})])))
    )
    assert len(module.endpoints[0].parameters[0].annotation) < 2000
    assert diagnostics


def test_many_choices_are_text() -> None:
    many = {"type": "string", "enum": [f"choice {n}" for n in range(200_000)]}
    assert "x: str" in text_of(document(named(f=endpoint([parameter("x", many)]))))


def wide(endpoints: int, parameters: int) -> dict[str, Any]:
    return named(
        **{
            f"f{n}": endpoint(
                [parameter(f"p{i}", default="x") for i in range(parameters)], [result("y")]
            )
            for n in range(endpoints)
        }
    )


HUGE = {
    "one long description": lambda: named(f=endpoint(description="word " * 10_000_000)),
    "one long label": lambda: named(f=endpoint([parameter("x", label="x" * 50_000_000)])),
    "one long default": lambda: named(f=endpoint([parameter("x", default="x" * 50_000_000)])),
    "one long name": lambda: {"named_endpoints": {"/" + "x" * 5_000_000: endpoint()}},
    "one long choice": lambda: named(f=endpoint([parameter("x", {"enum": ["x" * 50_000_000]})])),
    "many values in a default": lambda: named(
        f=endpoint([parameter("x", default=[[n] for n in range(4_000_000)])])
    ),
    "many endpoints": lambda: wide(100_000, 1),
    "many keys": lambda: named(
        f=endpoint(
            [
                parameter(
                    "x",
                    {"type": "object", "properties": {f"key{n}": TEXT for n in range(1_000_000)}},
                )
            ]
        )
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", HUGE)
def test_fifty_megabytes_end_soon(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "info.json"
    file.write_text(json.dumps(HUGE[kind]()), "utf-8")
    done = python("-c", MEASURE, str(file), within=150)
    outcome, seconds, mebibytes = json.loads(done.stdout)
    assert isinstance(outcome, str) or outcome < 1_000_000
    assert seconds < 60
    assert mebibytes < 2_000


@pytest.mark.parametrize("kind", ["many endpoints", "many values in a default"])
def test_too_much_is_refused_in_a_sentence(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradio_codegen.app_schema.normalise.MAX_ENDPOINTS", 10)
    monkeypatch.setattr("gradio_codegen.app_schema.normalise.MAX_VALUES", 100)
    small = {
        "many endpoints": wide(11, 1),
        "many values in a default": named(f=endpoint([parameter("x", default=list(range(101)))])),
    }[kind]
    with pytest.raises(CommandError, match="nothing was generated") as caught:
        schema.parse(document(small))
    assert caught.value.exit_code == 2
