"""What the site does to the code within a text."""

from __future__ import annotations

import sys

import pytest

from tests.support.environments import ROOT

sys.path.append(str(ROOT / "scripts"))

from docs_site import on_page_content


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("--offline", '<span class="word">--offline</span>'),
        (
            "gradio-codegen check",
            '<span class="word">gradio-codegen</span> check',
        ),
        (r"$lab \| Invoke-It", '$lab | <span class="word">Invoke-It</span>'),
        ("a-word-that-is-wider-than-a-column", "a-word-that-is-wider-than-a-column"),
        ("lab.generate()", "lab.generate()"),
        ("a -&gt; b", 'a <span class="word">-&gt;</span> b'),
    ],
)
def test_short_words_of_code_are_kept_whole(code: str, shown: str) -> None:
    assert on_page_content(f"<td><code>{code}</code></td>") == f"<td><code>{shown}</code></td>"


def test_blocks_of_code_are_left_alone() -> None:
    block = "<pre><code>pip install gradio-codegen</code></pre>"
    assert on_page_content(block) == block
