"""Reading apps through the Hub, and asking servers that name the state of their answer."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, ClassVar

from gradio_codegen.project.config import load
from gradio_codegen.project.watch import Watcher
from gradio_codegen.source.reading import read
from gradio_codegen.source.source import resolve
from tests.conftest import Serve
from tests.support.command import SMALL, files_of, project, run
from tests.support.environments import ROOT
from tests.support.http_servers import serving
from tests.support.hub import Hub


def test_a_space_is_read_by_its_id_which_the_client_keeps(
    serve: Serve, hub: Hub, tmp_path: Path
) -> None:
    hub.space("owner/lab", serve(ROOT / "examples" / "lab.py"))
    result = run(tmp_path, "generate", "owner/lab", "-o", "lab.py", "--token", "hf_s3cret")
    assert result.exit_code == 0, result.output
    text = (tmp_path / "lab.py").read_text("utf-8")
    assert 'url="owner/lab"' in text
    assert "hf_s3cret" not in text + result.output
    assert hub.asked[0].headers["authorization"] == "Bearer hf_s3cret"


def test_a_space_that_is_unknown_is_exit_code_2(hub: Hub, tmp_path: Path) -> None:
    result = run(tmp_path, "generate", "owner/gone", "-o", "lab.py")
    assert result.exit_code == 2
    assert "owner/gone" in result.stderr
    assert files_of(tmp_path) == {}


class Tagged(BaseHTTPRequestHandler):
    """An app whose `/info` carries an ETag."""

    answered: ClassVar[list[int]] = []

    def do_GET(self) -> None:
        if self.path.startswith("/config"):
            self._answer(
                200,
                {
                    "version": "6.31.0",
                    "protocol": "sse_v3",
                    "api_prefix": "/gradio_api",
                    "dependencies": [],
                    "components": [],
                    "title": "Tagged",
                },
            )
        elif self.headers["if-none-match"] == '"one"':
            self._answer(304, None)
        else:
            self._answer(200, SMALL["info"])

    def _answer(self, status: int, value: Any) -> None:
        body = b"" if value is None else json.dumps(value).encode()
        if not self.path.startswith("/config"):
            self.answered.append(status)
        self.send_response(status)
        self.send_header("etag", '"one"')
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


def test_a_server_that_offers_an_etag_is_not_read_again() -> None:
    with serving(Tagged) as url:
        source = resolve(url)
        first = read(source)
        second = read(source, etag=first.etag)
    assert first.document is not None
    assert (first.etag, second.document) == ('"one"', None)
    assert Tagged.answered == [200, 304]


def test_a_removed_module_comes_back_though_the_server_has_nothing_new(tmp_path: Path) -> None:
    with serving(Tagged) as url:
        folder = project(
            tmp_path,
            f'[tool.gradio-codegen.clients.lab]\nsource = "{url}"\n',
        )
        config = load(folder / "pyproject.toml")
        watcher = Watcher(config, list(config.clients.values()), interval=0.0)
        assert ["wrote" in news.what for news in watcher.round()] == [True]
        assert watcher.round() == []
        (folder / "lab.py").unlink()
        assert ["wrote" in news.what for news in watcher.round()] == [True]
    assert Tagged.answered[-3:] == [200, 304, 200]
