"""Fixtures of every test: real Gradio servers, started once per worker and shared."""

from __future__ import annotations

import gc
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

import pytest
import pytest_timeout

from tests.support.environments import DEFAULT_VERSION, ROOT, VERSIONS, EnvironmentMissingError
from tests.support.generation import Generate
from tests.support.patience import patience
from tests.support.servers import Server, Servers

LAB = ROOT / "examples" / "lab.py"
QUEUE_PAUSE = 0.005
"""Seconds between two looks of a server's queue. Gradio 6 takes 0.001 on Linux and 0.05 on Windows,
as Gradio 4 and 5 do everywhere; 0.001 costs a twentieth of a processor for each idle server.
"""


signal.signal(signal.SIGINT, signal.default_int_handler)
"""Shells have what they start in the background ignore Ctrl-C, and the programs that tests start
would inherit that.
"""


class Serve(Protocol):
    """`serve(app, version=..., mount=..., env=..., **launch_options) -> url`; see `Servers.start`
    for the arguments.
    """

    def __call__(self, app: str | Path, version: str = DEFAULT_VERSION, **options: Any) -> str: ...


class Start(Protocol):
    """Like `serve`, but a server of the test's own, which it may pause, kill and start again."""

    def __call__(
        self, app: str | Path, version: str = DEFAULT_VERSION, **options: Any
    ) -> Server: ...


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """All servers of this worker. Their logs stay in pytest's temporary folder."""
    servers = Servers(tmp_path_factory.mktemp("servers"), QUEUE_PAUSE)
    yield servers
    servers.close()


@pytest.fixture(scope="module")
def serve(servers: Servers) -> Iterator[Serve]:
    """Serve an app (a file, or source text) and give its URL; within a module of tests equal
    arguments share one server.
    """

    def serve(app: str | Path, version: str = DEFAULT_VERSION, **options: Any) -> str:
        return _or_skip(servers.shared, app, version, options).url

    yield serve
    servers.end_shared(keep=LAB)


@pytest.fixture
def start_server(servers: Servers) -> Iterator[Start]:
    """Start servers that end with the test."""
    started: list[Server] = []

    def start(app: str | Path, version: str = DEFAULT_VERSION, **options: Any) -> Server:
        started.append(_or_skip(servers.start, app, version, options))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def imports_by_fork(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command imports apps in forks of a process that has Gradio, which takes seconds to
    import, and not in processes of its own.
    """
    forking = SimpleNamespace(**{**vars(subprocess), "Popen": servers.run})
    monkeypatch.setattr("gradio_codegen.source.python_app.subprocess", forking)


@pytest.fixture(scope="module")
def lab_url(serve: Serve) -> str:
    """The example app of `examples/lab.py` on Gradio 6.31.0."""
    return serve(LAB)


@pytest.fixture(scope="session")
def generate(tmp_path_factory: pytest.TempPathFactory) -> Generate:
    """`generate(source, *options)` runs the command and gives the module that it made; equal
    arguments share one.
    """
    return Generate(tmp_path_factory.mktemp("clients"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first: a worker that gets one last would be alone with it."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """Take what the modules of tests hold out of every later garbage collection, which costs a
    third of a second otherwise. No test has run, so nothing that a test looks for is among it.
    """
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_timeout_set_timer(item: pytest.Item, settings: Any) -> Any:
    """A test that hangs is ended; on a busy machine later than the configuration says."""
    scaled = settings._replace(timeout=patience(settings.timeout))
    return pytest_timeout.pytest_timeout_set_timer(item, scaled)


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    """Each Gradio version under test in turn."""
    return str(request.param)


def _or_skip(start: Any, app: str | Path, version: str, options: dict[str, Any]) -> Server:
    try:
        return start(app, version, **options)
    except EnvironmentMissingError as error:
        pytest.skip(str(error))
