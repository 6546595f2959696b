"""The package's face: its names, and how little an import of it loads."""

from __future__ import annotations

from pathlib import Path

import pytest

import gradio_session
from tests.support.scripts import python

RUNTIME = Path(gradio_session.__file__).parent.parent
HEAVY = {
    "httpx",
    "asyncio",
    "dataclasses",
    "threading",
    "uuid",
    "json",
    "logging",
    "pathlib",
    "ssl",
    "inspect",
    "re",
}


def test_importing_what_a_generated_client_imports_is_light() -> None:
    script = (
        "import sys, typing, functools\nbefore = {*sys.modules}\n"
        "from gradio_session import App, AsyncApp, AsyncCall, AsyncEndpoint, Bound, Call\n"
        "from gradio_session import DEFAULT, Default, Endpoint, FileInput, RemoteFile\n"
        "from gradio_session import Signature\n"
        "print(*{*sys.modules} - before)"
    )
    run = python("-S", "-c", script, cwd=RUNTIME)
    loaded = run.stdout.split()
    assert HEAVY.isdisjoint(loaded), sorted(HEAVY & set(loaded))
    assert len(loaded) < 30, loaded


def test_a_session_that_connects_to_nothing_imports_neither_httpx_nor_asyncio() -> None:
    script = (
        "import sys\nfrom gradio_session import Session\nSession('http://127.0.0.1:9')\n"
        "print(*{'httpx', 'asyncio'} & set(sys.modules))"
    )
    run = python("-c", script, cwd=RUNTIME)
    assert run.stdout.split() == []


@pytest.mark.parametrize("before", ["", "import httpx\n"])
def test_a_session_that_connects_leaves_the_command_of_httpx_alone(before: str) -> None:
    """With it httpx imports click and rich; whoever wants it still gets it."""
    script = (
        f"import sys\n{before}import gradio_session.transport.sync\n"
        "print(*{'httpx._main', 'rich', 'click'} & set(sys.modules))\n"
        "import httpx._main\nprint(httpx._main.main.name)"
    )
    loaded, name = python("-c", script, cwd=RUNTIME).stdout.splitlines()
    assert set(loaded.split()) == ({"httpx._main", "rich", "click"} if before else set())
    assert name == "main"


def test_every_public_name_can_be_imported() -> None:
    for name in gradio_session.__all__:
        assert getattr(gradio_session, name) is not None
    assert set(gradio_session.__all__) <= set(dir(gradio_session))
    with pytest.raises(AttributeError):
        _ = gradio_session.nothing_of_that_name  # type: ignore[attr-defined]
