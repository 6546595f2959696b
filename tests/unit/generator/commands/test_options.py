"""The options that every command takes that reads an app."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import click
import pytest

from gradio_codegen.cli import main
from gradio_codegen.commands.options import complete_client
from tests.support.command import run

FLAGS = (
    "--token", "--auth", "-H", "--header", "--cookie", "--cacert", "--insecure", "--cert",
    "--proxy", "--timeout", "--wait",
)  # fmt: skip
COMMANDS = sorted(set(main.list_commands(click.Context(main))) - {"sample"})
"""The commands that read apps."""


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_them(command: str) -> None:
    module = import_module(f"gradio_codegen.commands.{command}")
    parameters = getattr(module, command).params
    assert set(FLAGS) <= {flag for parameter in parameters for flag in parameter.opts}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["-H", "s3cret"], "write 'Name: value'"),
        (["-H", ": s3cret"], "write 'Name: value'"),
        (["-H", "Name: fine", "-H", "s3cret"], "number 2"),
        (["--cookie", "s3cret"], "write name=value"),
        (["--cookie", "=s3cret"], "write name=value"),
        (["--cacert", "none.pem"], "none.pem"),
        (["--cert", "none.pem"], "none.pem"),
        (["--insecure", "--cacert", "."], "--cacert says whom to trust"),
        (["--timeout", "0"], "--timeout"),
        (["--timeout", "nan"], "--timeout"),
        (["--wait", "-1"], "--wait"),
        (["--wait", "soon"], "--wait"),
        (["--auth", "s3cret"], "USER:PASSWORD"),
        (["--auth", ":s3cret"], "USER:PASSWORD"),
        (["--token", "s3 cret"], "--token"),
        (["--token", ""], "--token"),
        (["--header", "X-Key: s3cret\n"], "127.0.0.1:1 refused"),
        (["--header", "X-Key: s3cr\net"], "holds what HTTP does not allow"),
        (["--header", "X Key: s3cret"], "cannot be the name of an HTTP header"),
        (["--header", "X-Key: ${LAB_NONE}"], "LAB_NONE"),
        (["--proxy", "s3cret"], "--proxy"),
        (["--cokie", "a=b"], "--cookie"),
    ],
)
def test_what_cannot_be_used_is_one_sentence_without_secrets(
    options: list[str], words: str, tmp_path: Path
) -> None:
    result = run(tmp_path, "inspect", "http://127.0.0.1:1", *options)
    assert result.exit_code == 2
    assert words in result.stderr
    assert "s3cret" not in result.output
    assert "Traceback" not in result.output


def test_the_names_of_configured_clients_are_completed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    context, parameter = click.Context(main), click.Argument(["name"])
    assert complete_client(context, parameter, "") == []
    clients = "".join(
        f'[tool.gradio-codegen.clients.{name}]\nsource = "http://127.0.0.1:1"\n'
        for name in ("cat", "car", "dog")
    )
    (tmp_path / "pyproject.toml").write_text(clients, "utf-8")
    assert complete_client(context, parameter, "ca") == ["cat", "car"]
    assert complete_client(context, parameter, "") == ["cat", "car", "dog"]
    (tmp_path / "pyproject.toml").write_text("[tool.gradio-codegen", "utf-8")
    assert complete_client(context, parameter, "ca") == []
