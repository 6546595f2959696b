"""The README and the site show what the last run of the benchmarks measured."""

from __future__ import annotations

import json

from benchmarks.comparison import comparison
from benchmarks.report import summary, table
from tests.support.environments import ROOT

RESULTS = ROOT / "benchmarks" / "results"


def test_the_tables_are_made_from_the_figures() -> None:
    figures = json.loads((RESULTS / "results.json").read_text("utf-8"))
    assert (RESULTS / "summary.md").read_text("utf-8") == summary(figures)
    assert (RESULTS / "table.md").read_text("utf-8") == table(figures)
    assert (RESULTS / "comparison.md").read_text("utf-8") == comparison(figures)
    for page in (ROOT / "README.md", ROOT / "docs" / "index.md"):
        assert summary(figures) in page.read_text("utf-8"), page
        assert comparison(figures) in page.read_text("utf-8"), page
