"""Which kind of source a text names, and what a module may tell of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.base.variables import hide_values
from gradio_codegen.source.options import ReadingOptions
from gradio_codegen.source.source import identify, resolve, without_secrets
from tests.support.command import inside


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory with a saved description, one with an odd name, and an app."""
    for name in ("saved.json", "app.py", "owner"):
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("saved.json", "file"),
        ("owner", "file"),
        ("-", "stdin"),
        ("http://127.0.0.1:7860", "url"),
        ("https://example.org/lab", "url"),
        ("localhost:7860", "url"),
        ("127.0.0.1:7860/lab", "url"),
        ("myhost:7860", "url"),
        ("example.org/lab", "url"),
        ("[::1]:7860", "url"),
        ("package.module:demo", "app"),
        ("module:Class.demo", "app"),
        ("app.py:demo", "app"),
        ("name/space", "space"),
        ("gradio/image-lab_2", "space"),
    ],
)
def test_the_kind_of_a_source(folder: Path, text: str, kind: str) -> None:
    with inside(folder):
        assert resolve(text).kind == kind


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("missing.json", "no such file"),
        ("nothing", "a source is a URL"),
        ("app.py", "app.py:demo"),
        ("gone.py:demo", "no file gone.py"),
    ],
)
def test_what_names_nothing(folder: Path, text: str, words: str) -> None:
    with inside(folder), pytest.raises(CommandError, match=words):
        resolve(text)


def test_a_misspelt_client_is_suggested() -> None:
    with pytest.raises(CommandError, match="did you mean 'image_lab'"):
        resolve("imagelab", known=("image_lab", "chat"))


@pytest.mark.parametrize("text", ["a" * 5000, "a\0b", "💥", "../..", ""])
def test_odd_texts_end_in_a_message(text: str) -> None:
    with pytest.raises(CommandError):
        resolve(text)


@pytest.mark.parametrize(
    ("text", "origin", "url", "name"),
    [
        ("http://127.0.0.1:7860/", "http://127.0.0.1:7860", "http://127.0.0.1:7860", "127.0.0.1"),
        (
            "https://example.org/image-lab/?__theme=dark",
            "https://example.org/image-lab",
            "https://example.org/image-lab",
            "image-lab",
        ),
        ("name/space", "name/space", "name/space", "space"),
        ("package.module:demo", "package.module:demo", None, "module_client"),
        ("-", "standard input", None, "app"),
    ],
)
def test_what_a_module_tells_of_its_source(
    text: str, origin: str, url: str | None, name: str
) -> None:
    identity = identify(resolve(text))
    assert (identity.origin, identity.url, identity.name) == (origin, url, name)


def test_a_source_with_a_variable_has_no_address_and_shows_no_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LAB_KEY", "s3cret")
    options = ReadingOptions(token="${LAB_KEY}", auth="ann:${LAB_KEY}")
    source = resolve("https://example.org/${LAB_KEY}", options=options)
    assert (source.text, source.options.token, source.options.auth) == (
        "https://example.org/s3cret",
        "s3cret",
        "ann:s3cret",
    )
    assert "s3cret" not in repr(source)
    identity = identify(source)
    assert (identity.origin, identity.url) == ("https://example.org/${LAB_KEY}", None)
    assert (
        hide_values("cannot reach https://example.org/s3cret", source.shown)
        == "cannot reach https://example.org/${LAB_KEY}"
    )


def test_an_address_is_shown_without_its_secrets() -> None:
    assert (
        without_secrets("https://ann:hunter2@example.org/lab?token=t0ken#x")
        == "https://example.org/lab"
    )
    assert without_secrets("owner/name") == "owner/name"


@pytest.mark.parametrize("auth", ["ann", ":secret", ""])
def test_a_login_is_user_and_password(auth: str) -> None:
    with pytest.raises(CommandError, match="USER:PASSWORD") as caught:
        resolve("http://127.0.0.1:1", options=ReadingOptions(auth=auth))
    assert "secret" not in caught.value.message
