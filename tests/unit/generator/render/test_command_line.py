"""Whole command lines, compared with the ones that were looked at and committed; hostile apps."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.render.verify_command_line import check
from tests.support.golden import (
    COMMAND_LINES,
    FOLDER,
    build,
    command_line_of,
    document,
    endpoint,
    golden_document,
    named,
    parameter,
    under_hash_seeds,
)
from tests.support.scripts import python

FILES = [FOLDER / f"{name}_cli.py" for name in COMMAND_LINES]
ESCAPES = {"\x1b", "\x07", "\u202e", "\x08", "\x0c"}


def text(path: Path) -> str:
    return path.read_text("utf-8")


@pytest.mark.parametrize("name", COMMAND_LINES)
def test_generates_the_committed_command_line(name: str) -> None:
    assert command_line_of(name) == text(FOLDER / f"{name}_cli.py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_imports_the_runtime_alone(path: Path) -> None:
    found = [node for node in ast.walk(ast.parse(text(path))) if isinstance(node, ast.ImportFrom)]
    assert {node.module for node in found} == {"__future__", "gradio_session.cli"}


def test_the_same_under_every_hash_seed() -> None:
    outputs = under_hash_seeds("command_line_of('shell_traps')")
    assert outputs == {(FOLDER / "shell_traps_cli.py").read_bytes()}


def test_a_vendored_runtime_is_imported_from_beside() -> None:
    found = command_line_of("image_lab", runtime="._gradio_session")
    assert "\nfrom ._gradio_session.cli import (\n" in found


def test_a_command_line_needs_the_synchronous_class() -> None:
    with pytest.raises(CommandError, match='take mode "both" or "sync"'):
        build(golden_document("image_lab"), cli=True, mode="async")


def test_ruff_alone_is_content() -> None:
    for command in (["check"], ["format", "--check"]):
        python("-m", "ruff", *command, "--isolated", "--no-cache", *FILES)


@pytest.mark.parametrize("arguments", [[], ["names"], ["values"], ["été-дом"], ["x" * 80]])
def test_help_holds_nothing_that_a_terminal_obeys(arguments: list[str]) -> None:
    path = str(FOLDER / "shell_traps_cli.py")
    done = subprocess.run(
        [sys.executable, path, *arguments, "--help"],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    shown = done.stdout.decode()
    assert (done.returncode, done.stderr) == (0, b"")
    assert "Usage: " in shown
    assert not ESCAPES & set(shown)


def test_options_of_ours_and_names_that_look_alike_keep_apart() -> None:
    line = build(golden_document("shell_traps"), cli=True)[0].command_line
    assert line is not None
    for command in line.commands:
        flags = [flag for each in command.parameters for flag in each.flags.split("/") if flag]
        assert len(flags) == len(set(flags))
        assert not {"--json", "--help", "--url", "--output", "--stream"} & set(flags)
    names = [command.name for command in line.commands]
    assert len(names) == len(set(names))
    assert not any(name.startswith("-") for name in names)


@pytest.mark.parametrize(
    ("given", "plan"),
    [
        (parameter("x"), ("", "Text()")),
        (parameter("x", default="a"), ("--x", "Text()")),
        (parameter("x", {"type": "boolean"}, "Checkbox"), ("--x/--no-x", "Flag()")),
        (
            parameter("x", {"type": "number", "description": "numeric value between 1 and 2.5"}),
            ("", "Number(1, 2.5)"),
        ),
        (parameter("x", {"type": "integer", "minimum": 0, "maximum": 9}), ("", "Integer(0, 9)")),
        (parameter("x", {"type": "string", "enum": ["a", "b"]}), ("", 'Choice("a", "b")')),
        (
            parameter("x", {"type": "array", "items": {"type": "string"}}, default=[]),
            ("--x", "Many(Text())"),
        ),
        (parameter("x", {"type": "object"}), ("", "Json()")),
        (parameter("x", {}), ("", "Json(or_text=True)")),
        (parameter("x", {"type": "number"}, default="a"), ("--x", "Scalar()")),
        (
            parameter("x", {"anyOf": [{"type": "number"}, {"type": "null"}]}),
            ("--x", "Number()"),
        ),
    ],
)
def test_what_a_parameter_becomes(given: dict[str, object], plan: tuple[str, str]) -> None:
    line = build(document(named(f=endpoint([given]))), cli=True)[0].command_line
    assert line is not None
    found = line.commands[0].parameters[0]
    assert (found.flags, found.kind) == plan


def test_the_shell_tells_two_lists_apart_by_their_names() -> None:
    many = {"type": "array", "items": {"type": "string"}}
    two = named(f=endpoint([parameter("a", many), parameter("b", many)]))
    line = build(document(two), cli=True)[0].command_line
    assert line is not None
    assert [each.flags for each in line.commands[0].parameters] == ["", "--b"]
    assert line.commands[0].parameters[1].required


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_takes_golden_command_lines(path: Path) -> None:
    check(ast.parse(text(path)), "gradio_session")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("from gradio_session.cli import", "from os import"),
        ("    argument,", "    argument as x,"),
        ('__all__ = ["cli"]', '__all__ = [print("x")]'),
        ('__all__ = ["cli"]', "import os"),
        ("    __package__,", "    print(),"),
        ('variables="IMAGE_LAB"', "variables=print()"),
        ("cli.endpoint(", "cli.main("),
        ("cli.endpoint(", "print("),
        ('argument("prompt", Text())', 'argument("prompt", print())'),
        ('argument("prompt", Text())', 'argument(print("prompt"), Text())'),
        ('argument("prompt", Text())', "print()"),
        ('argument("prompt", Text())', '*argument("prompt", Text())'),
        ('argument("prompt", Text())', 'argument("prompt", Many(print()))'),
        ('default="25"', 'default="25" + "x"'),
        ('default="25"', "**{}"),
        ("    cli()", "    cli(print())"),
        ("    cli()", "    cli()\n    print()"),
        ('if __name__ == "__main__":', "if True:"),
    ],
)
def test_refuses_what_no_template_makes(old: str, new: str) -> None:
    module = text(FOLDER / "image_lab_cli.py")
    assert old in module
    with pytest.raises(CommandError, match="nothing was written"):
        check(ast.parse(module.replace(old, new, 1)), "gradio_session")
