"""The words of a text, joined as Python names are: `seed_used`, `SeedUsed`."""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Final

__all__ = ["LONGEST_GIVEN", "LONGEST_MADE", "pascal", "snake"]

LONGEST_GIVEN: Final = 80
"""A name that the app gave may be so long."""
LONGEST_MADE: Final = 40
"""A name that we make of a text may be so long."""

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SHORTEST: Final = 3
"""A word that begins with fewer letters before its next capital is one word: `LoRA`, `xFormers`."""

_ENDINGS: Final = frozenset({"AI", "GAN", "GANs", "GPT", "Net", "Nets", "UI", "VAE", "Vec", "ViT"})
"""What words of the field end in that stay whole: `ControlNet`, `StyleGAN`, `WebUI`."""

_WHOLE: Final = frozenset(
    {
        *("AnimateDiff", "CodeFormer", "DeepSeek", "DeepFace", "DreamBooth", "FaceID", "GitHub"),
        *("FaceFusion", "FramePack", "HuggingFace", "InstantID", "JavaScript", "LangChain"),
        *("PhotoMaker", "SageAttention", "TeaCache", "TensorFlow", "TypeScript", "YouTube"),
    }
)


def snake(text: str, longest: int = LONGEST_MADE) -> str:
    """Join the words of a text in lower case by underscores; may be empty or begin with a digit."""
    result = ""
    for word in _words(text):
        longer = f"{result}_{word}" if result else word
        if len(longer) > longest:
            result = result or longer[:longest]
            break
        result = longer
    return unicodedata.normalize("NFKC", result.lower())


def pascal(text: str, longest: int = LONGEST_GIVEN) -> str:
    """Join the words of a text with capitals; may be empty or begin with a digit.

    An underscore stays between digits: `lambda_1_1` is not `lambda_11`.
    """
    result = ""
    for word in _words(text, camel=False):
        joint = "_" if result[-1:].isdigit() and word[0].isdigit() else ""
        if result and len(result) + len(word) > longest:
            break
        result += joint + word[0].upper() + word[1:longest]
    return unicodedata.normalize("NFKC", result)


@functools.lru_cache(maxsize=4096)
def _words(text: str, *, camel: bool = True) -> tuple[str, ...]:
    text = unicodedata.normalize("NFKC", text[:1000])
    spaced = "".join(c if c != "_" and ("a" + c).isidentifier() else " " for c in text)
    words = spaced.split()
    return tuple(piece for word in words for piece in _pieces(word)) if camel else tuple(words)


def _pieces(word: str) -> list[str]:
    """The words in `CheckboxGroup`; `LoRA`, `GiB` and `ControlNet` are one each."""
    pieces = _CAMEL.sub(" ", word).split()
    whole = len(pieces[0]) < _SHORTEST or pieces[-1] in _ENDINGS or word in _WHOLE
    return [word] if whole else pieces
