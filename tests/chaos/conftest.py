"""The seed of a run: `GRADIO_SESSION_CHAOS=SEED pytest tests/chaos` repeats one."""

from __future__ import annotations

import os
import random

import pytest


@pytest.fixture
def seed() -> int:
    """What the dice begin with."""
    given = os.environ.get("GRADIO_SESSION_CHAOS")
    return int(given) if given else random.SystemRandom().randrange(10**6)
