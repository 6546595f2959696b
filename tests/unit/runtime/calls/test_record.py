"""The record of a session's calls."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from gradio_session.calls.record import CallRecord


def test_a_call_is_found_as_soon_as_it_has_its_id() -> None:
    record: CallRecord[Any] = CallRecord(10, "remove")
    calls = [SimpleNamespace(id=None), SimpleNamespace(id=None)]
    for call in calls:
        record.add(call)
    with pytest.raises(KeyError, match="b"):
        record["b"]
    calls[1].id = "b"
    assert record["b"] is calls[1]
    assert record.get("b") is calls[1]
    assert record.get("a") is None
