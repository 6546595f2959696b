"""The documentation builds: every link and anchor in it leads somewhere."""

from __future__ import annotations

import os
from pathlib import Path

from tests.support.environments import ROOT
from tests.support.scripts import python


def test_the_documentation_builds_without_a_warning(tmp_path: Path) -> None:
    python(
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--site-dir",
        str(tmp_path / "site"),
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )
    assert "Typed Python clients" in (tmp_path / "site" / "index.html").read_text()
