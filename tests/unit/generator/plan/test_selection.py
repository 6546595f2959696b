"""Which endpoints are generated."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.golden import build, document, endpoint, named


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({}, ["/draw", "/drop", "/erase"]),
        ({"include": ("/dr*",)}, ["/draw", "/drop"]),
        ({"include": ("dr*",), "exclude": ("drop",)}, ["/draw"]),
        ({"exclude": ("*",)}, []),
    ],
)
def test_endpoints_are_chosen_by_patterns(options: dict[str, Any], kept: list[str]) -> None:
    module, diagnostics = build(
        document(named(draw=endpoint(), drop=endpoint(), erase=endpoint())), **options
    )
    assert [e.api_name for e in module.endpoints] == kept
    assert bool(diagnostics) is (not kept)
