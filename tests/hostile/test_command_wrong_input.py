"""Wrong input to `generate`: one message, exit code 2, no traceback, no file."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, ClassVar

import psutil
import pytest

from tests.support.command import SMALL, app, files_of, run, save, spawn
from tests.support.http_servers import serving
from tests.support.patience import patience


class Pages(BaseHTTPRequestHandler):
    """Answers of servers that are no Gradio app, by the first part of the path."""

    ANSWERS: ClassVar[dict[str, tuple[int, str, bytes]]] = {
        "html": (200, "text/html", b"<!doctype html><title>Welcome</title>"),
        "json": (200, "application/json", b'{"hello": "world"}'),
        "list": (200, "application/json", b"[1, 2]"),
        "half": (200, "application/json", b'{"version": "6.31.0", "depend'),
        "login": (
            401,
            "application/json",
            b'{"detail": {"error": "Not authenticated", "auth_message": null}}',
        ),
        "broken": (500, "text/plain", b"Internal Server Error"),
        "busy": (429, "text/plain", b"slow down"),
        "old": (
            200,
            "application/json",
            b'{"version": "3.50.2", "dependencies": [], "components": []}',
        ),
        "binary": (200, "application/octet-stream", bytes(range(256))),
        "escape": (500, "text/plain", b"\x1b[31mred\x1b[0m \x9b"),
    }

    def do_GET(self) -> None:
        status, kind, body = self.ANSWERS.get(
            self.path.split("/")[1], (404, "text/plain", b"nothing here")
        )
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture(scope="module")
def pages() -> Iterator[str]:
    with serving(Pages) as url:
        yield url


def refused(folder: Path, *arguments: str | Path, code: int = 2) -> str:
    """The message of a `generate` that must fail and leave everything as it was."""
    before = files_of(folder)
    result = run(folder, "generate", *arguments)
    assert result.exit_code == code, result.output
    assert result.stderr.startswith(("error: ", "Usage: ")), result.stderr
    assert "Traceback" not in result.output
    assert "fault in gradio-codegen" not in result.output
    assert files_of(folder) == before
    return result.stderr


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("html", "HTML"),
        ("json", "json"),
        ("list", "list"),
        ("half", "half"),
        ("login", "--auth"),
        ("nothing", "404"),
        ("broken", "500"),
        ("busy", "429"),
        ("old", "3.50.2"),
        ("binary", "binary"),
        ("escape", "500"),
    ],
)
def test_servers_that_are_no_gradio_app(pages: str, tmp_path: Path, page: str, words: str) -> None:
    message = refused(tmp_path, f"{pages}/{page}", "-o", "lab.py")
    assert words in message
    assert "\x1b" not in message


def test_an_address_that_refuses(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    assert f"127.0.0.1:{port}" in refused(tmp_path, f"http://127.0.0.1:{port}", "-o", "lab.py")


def test_an_address_that_never_answers(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert "127.0.0.1" in refused(tmp_path, url, "-o", "lab.py", "--timeout", "0.5")


def test_an_address_with_a_password_does_not_repeat_it(tmp_path: Path) -> None:
    message = refused(tmp_path, "http://ann:hunter2@127.0.0.1:1/x?token=t0ken", "-o", "lab.py")
    assert "hunter2" not in message
    assert "t0ken" not in message
    assert "--auth" in message


@pytest.mark.parametrize(
    "address",
    [
        "http://",
        "https:///x",
        "ftp://example.org",
        "http://[::1",
        "http://127.0.0.1:99999",
        "http://exa mple.org",
        "http://\x00",
    ],
)
def test_addresses_that_are_none(tmp_path: Path, address: str) -> None:
    refused(tmp_path, address, "-o", "lab.py")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not json",
        b"[1]",
        b"3",
        b"null",
        b"{}",
        b'{"info": 3}',
        b'{"info": {"named_endpoints": 3}}',
        b"\xff\xfe\x00",
        b"[" * 200_000,
        b'{"named_endpoints": {"/a": 1}}',
    ],
)
def test_files_that_are_no_description(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "saved.json").write_bytes(content)
    assert "saved.json" in refused(tmp_path, "saved.json", "-o", "lab.py")


def test_nothing_on_standard_input(tmp_path: Path) -> None:
    result = run(tmp_path, "generate", "-", "-o", "lab.py", given=b"")
    assert result.exit_code == 2
    assert "standard input: not JSON" in result.stderr


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("app.py", "app.py:demo"),
        ("app.py:missing", "Gradio apps there: demo, nested"),
        ("app.py:number", "is a int, not a Gradio app"),
        ("app.py:make", "is a function, not a Gradio app"),
        ("gone.py:demo", "there is no file gone.py"),
        ("no_such_module:demo", "there is no module 'no_such_module'"),
        ("no_such_package.module:demo", "there is no module 'no_such_package'"),
        ("json:dumps", "not a Gradio app"),
        ("guarded.py:demo", "if __name__ == '__main__'"),
        ("raises.py:demo", "ValueError: no model"),
        ("needs.py:demo", "ModuleNotFoundError"),
        ("quits.py:demo", "exit code 3"),
        ("dies.py:demo", "ended its process"),
        ("syntax.py:demo", "SyntaxError"),
    ],
)
@pytest.mark.usefixtures("imports_by_fork")
def test_code_without_a_gradio_app(tmp_path: Path, source: str, words: str) -> None:
    sources = {
        "app.py": "import gradio as gr\nwith gr.Blocks() as demo:\n    pass\n"
        "nested = gr.Blocks()\nnumber = 3\ndef make():\n    return demo\n",
        "guarded.py": "import gradio as gr\nif __name__ == '__main__':\n    demo = gr.Blocks()\n",
        "raises.py": "raise ValueError('no model')\n",
        "needs.py": "import no_such_thing\n",
        "quits.py": "import sys\nsys.exit(3)\n",
        "dies.py": "import os\nprint('last words', flush=True)\nos._exit(0)\n",
        "syntax.py": "def (:\n",
    }
    for name, text in sources.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert words in refused(tmp_path, source, "-o", "lab.py")


@pytest.mark.slow
def test_an_app_that_hangs_while_it_is_imported_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = min(round(patience(5.0)), 90)  # on a busy machine Python itself takes long to start
    monkeypatch.setattr("gradio_codegen.source.python_app.DEFAULT_LIMIT", limit)
    (tmp_path / "slow.py").write_text(
        "import os, pathlib, time\npathlib.Path('pid').write_text(str(os.getpid()))\n"
        "print('loading', flush=True)\ntime.sleep(600)\n",
        encoding="utf-8",
    )
    result = run(tmp_path, "generate", "slow.py:demo", "-o", "lab.py")
    assert result.exit_code == 2
    assert f"more than {limit} s; its last output: loading" in result.stderr
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text("utf-8")))
    assert not (tmp_path / "lab.py").exists()


def test_what_an_app_prints_and_launches_stays_out_of_our_output(tmp_path: Path) -> None:
    noise = "print('noise')\nprint('noise', file=sys.stderr)\n"
    demo = "with gr.Blocks(title='Loud') as demo:\n    pass\ndemo.launch()\n"
    code = f"import gradio as gr, sys\n{noise}{demo}{noise}"
    (tmp_path / "loud.py").write_text(code, encoding="utf-8")
    result = spawn(tmp_path, "generate", "loud.py:demo", "-o", "out/")
    assert result.returncode == 0, result.stderr
    assert b"noise" not in result.stdout + result.stderr
    assert (tmp_path / "out" / "loud.py").is_file()


def test_nothing_that_we_know(tmp_path: Path) -> None:
    assert "a source is a URL" in refused(tmp_path, "whatever", "-o", "lab.py")
    assert "there is no such file" in refused(tmp_path, "gone.json", "-o", "lab.py")
    assert "no client is configured" in refused(tmp_path) or "tool.gradio-codegen" in refused(
        tmp_path
    )


def test_an_app_without_endpoints_gives_a_warning_and_a_module(tmp_path: Path) -> None:
    result = run(tmp_path, "generate", save(tmp_path / "empty.json", app()), "-o", "empty.py")
    assert result.exit_code == 0, result.output
    assert "no endpoints" in result.stderr
    compile((tmp_path / "empty.py").read_text("utf-8"), "empty.py", "exec")


def test_an_output_directory_that_cannot_be_written(tmp_path: Path) -> None:
    saved = save(tmp_path / "lab.json", SMALL)
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert "cannot be written" in refused(tmp_path, saved, "-o", "file/lab.py")
    assert "cannot be written" in refused(tmp_path, saved, "-o", "file")
    assert "cannot be written" in refused(tmp_path, saved, "-o", "/proc/lab.py")


def test_a_file_of_the_users_is_refused_and_stays(tmp_path: Path) -> None:
    saved = save(tmp_path / "lab.json", SMALL)
    (tmp_path / "lab.py").write_text("mine\n", encoding="utf-8")
    assert "--force" in refused(tmp_path, saved, "-o", "lab.py", code=1)
    assert run(tmp_path, "generate", saved, "-o", "lab.py", "--force").exit_code == 0
    text = (tmp_path / "lab.py").read_text("utf-8")
    (tmp_path / "lab.py").write_text(text + "# mine\n", encoding="utf-8")
    assert "was edited" in refused(tmp_path, saved, "-o", "lab.py", code=1)


def test_one_failing_source_does_not_stop_the_others(tmp_path: Path) -> None:
    save(tmp_path / "good.json", SMALL)
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    result = run(tmp_path, "generate", "bad.json", "good.json", "-o", "out/", "--json")
    clients = json.loads(result.stdout)["clients"]
    assert result.exit_code == 2
    assert [
        (client["source"], client["error"] is None, client["endpoints"]) for client in clients
    ] == [
        ("bad.json", False, 0),
        ("good.json", True, 1),
    ]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["good.py"]


def test_two_sources_for_one_module_are_told_apart(tmp_path: Path) -> None:
    save(tmp_path / "a" / "lab.json", SMALL)
    save(tmp_path / "b" / "lab.json", SMALL)
    result = run(tmp_path, "generate", "a/lab.json", "b/lab.json", "-o", "out/")
    assert result.exit_code == 2
    assert "b/lab.json: would be written to" in result.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["lab.py"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["generate", "--mode", "synch", "x.json"],
        ["generate", "--class-name", "A", "a.json", "b.json"],
        ["generate", "--locked", "lab.json"],
        ["diff"],
        ["call", "x"],
        ["--bogus"],
    ],
)
def test_wrong_usage(tmp_path: Path, arguments: list[str]) -> None:
    save(tmp_path / "lab.json", SMALL)
    assert run(tmp_path, *arguments).exit_code == 2


def test_a_misspelt_command_is_answered_with_the_nearest(tmp_path: Path) -> None:
    result = run(tmp_path, "genrate")
    assert result.exit_code == 2
    assert "did you mean 'generate'?" in result.stderr
