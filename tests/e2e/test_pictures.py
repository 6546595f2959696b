"""The pictures of the documents show what the code does today."""

from __future__ import annotations

import sys

import pytest

from tests.support.environments import ROOT
from tests.support.scripts import python


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="it opens terminals")
@pytest.mark.parametrize("script", ["picture_terminal.py", "picture_editor.py"])
def test_pictures_are_current(script: str) -> None:
    python(str(ROOT / "scripts" / script), "--check", cwd=ROOT, within=120)
