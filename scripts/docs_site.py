"""What the site does to each page, as a hook of mkdocs: code within a text is kept readable.

A short word of it is not broken at its hyphens (`gradio-codegen`, `--offline`), and a bar that
tables of Markdown want as `\\|` is a bar.
"""

from __future__ import annotations

import re
from typing import Any

__all__ = ["on_page_content"]

_INLINE_CODE = re.compile(r"(?<!<pre>)<code>(?P<text>[^<]*)</code>")
_HYPHENATED = re.compile(r"[^\s<>-]*-\S+")
_LONGEST = 24


def on_page_content(html: str, **_: Any) -> str:
    """Return the HTML of a page with whole words in its code."""
    return _INLINE_CODE.sub(lambda found: f"<code>{_readable(found['text'])}</code>", html)


def _readable(code: str) -> str:
    def whole(word: re.Match[str]) -> str:
        return f'<span class="word">{word[0]}</span>' if len(word[0]) <= _LONGEST else word[0]

    return _HYPHENATED.sub(whole, code.replace("\\|", "|"))
