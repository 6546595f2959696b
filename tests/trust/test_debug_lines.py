"""A program that logs everything at DEBUG, the HTTP library's own lines too, prints no secret."""

from __future__ import annotations

import logging
import re

import pytest

from tests.support.fake_gradio import FakeGradio
from tests.support.world import World


def test_the_cookies_of_a_login_are_in_no_line(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("gradio_session", "httpx", "httpcore"):
        caplog.set_level(logging.DEBUG, logger=name)
    secrets = {
        "token": "secret-token",
        "headers": {"x-api-key": "secret-header"},
        "cookies": {"mine": "secret-cookie"},
    }
    with FakeGradio(auth=("ada", "secret-password")) as fake:
        session = world.open(fake.url, auth=("ada", "secret-password"), **secrets)
        assert world.predict(session, "echo", ["x"]) == "x"
        world.close(session)
        cookies = " ".join(each.headers.get("cookie", "") for each in fake.received)
    logins = set(re.findall(r"access-token\S*=(\w+)", cookies))
    assert logins
    assert not [secret for secret in (*logins, "secret-") if secret in caplog.text]
    assert "gradio_session" in caplog.text
