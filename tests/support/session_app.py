"""The app that tests of sessions call, and its journal of what ran."""

from __future__ import annotations

from tests.support.environments import ROOT
from tests.support.world import World

APP = ROOT / "tests" / "apps" / "session_app.py"


def journal(world: World, url: str) -> list[str]:
    """What ran in the app, in order."""
    found: list[str] = world.predict(world.open(url), "journal", [""]).split()
    return found
