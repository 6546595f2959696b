"""Text for people: listings, paths, internal errors, suggestions, hashes."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradio_codegen.base.hashing import digest
from gradio_codegen.base.text import listing, printable, relative_path


@pytest.mark.parametrize(
    ("words", "text"),
    [([], ""), (["a"], "a"), (["a", "b"], "a, b"), (["a", "b", "c", "d"], "a, b and 2 more")],
)
def test_long_lists_are_counted(words: list[str], text: str) -> None:
    assert listing(words, 2) == text


def test_paths_below_the_current_directory_are_relative(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert relative_path(tmp_path / "a" / "b.py") == Path("a/b.py")
    assert relative_path(tmp_path.parent / "b.py") == tmp_path.parent / "b.py"
    assert relative_path(Path("b.py")) == Path("b.py")


def test_what_a_terminal_obeys_is_replaced() -> None:
    text = "a\x1b[2J\u202eb\nc\td"
    assert printable(text) == "a\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}b c d"


def test_a_hash_takes_any_text_that_json_may_hold() -> None:
    assert digest("a") == digest(b"a")
    assert digest("\ud800").startswith("sha256:")
