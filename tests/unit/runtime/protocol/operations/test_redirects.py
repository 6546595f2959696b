"""Where a chain of redirects leads, and who gets credentials on the way."""

from __future__ import annotations

from typing import Any

import pytest

from gradio_session.protocol.base.effects import Close, Flow, Response
from gradio_session.protocol.operations.redirects import follow

HOME = "https://app.test/lab"


class RefusedError(Exception):
    """What the one who asks makes of a chain without an end."""


class Web:
    """Addresses with what they answer; a text is where they redirect to."""

    def __init__(self, answers: dict[str, str | int], status: int = 302) -> None:
        self.answers = answers
        self.status = status
        self.asked: list[tuple[str, bool]] = []
        self.closed: list[str] = []

    def _ask(self, url: str, own: bool) -> Flow[Response]:
        self.asked.append((url, own))
        answer = self.answers[url]
        if isinstance(answer, int):
            return Response(answer, {}, b"", url)
        yield from ()
        return Response(self.status, {"location": answer}, b"", url, handle=url)

    def go(self, url: str = HOME, most: int = 5, **options: Any) -> Response:
        """Follow from an address to the end."""

        def refuse(here: str, status: int, target: str | None) -> Exception:
            return RefusedError(here, status, target)

        flow = follow(self._ask, url, home=HOME, most=most, refuse=refuse, **options)
        try:
            while True:
                effect = next(flow)
                assert isinstance(effect, Close)
                self.closed.append(effect.response.url)
        except StopIteration as end:
            found: Response = end.value
            return found


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_chain_on_the_apps_own_origin(status: int) -> None:
    web = Web({HOME: "/lab/", HOME + "/": "further#part", HOME + "/further": 200}, status)
    assert web.go().url == HOME + "/further"
    assert web.asked == [(HOME, True), (HOME + "/", True), (HOME + "/further", True)]
    assert web.closed == [HOME, HOME + "/"]


@pytest.mark.parametrize("status", [200, 204, 300, 304, 404])
def test_what_is_no_redirect(status: int) -> None:
    web = Web({HOME: "/elsewhere"}, status)
    assert web.go().status == status
    assert web.closed == []


def test_a_redirect_to_nowhere_is_the_answer() -> None:
    assert Web({HOME: ""}).go().status == 302


def test_no_credentials_from_the_first_other_origin_on() -> None:
    web = Web({HOME: "https://other.test/", "https://other.test/": HOME + "/x", HOME + "/x": 200})
    assert web.go().status == 200
    assert web.asked == [(HOME, True), ("https://other.test/", False), (HOME + "/x", False)]


@pytest.mark.parametrize(("url", "own"), [(HOME, False), ("http://app.test/lab", True)])
def test_no_credentials_where_none_are_wanted_or_trusted(url: str, *, own: bool) -> None:
    web = Web({url: 200})
    web.go(url, own=own)
    assert web.asked == [(url, False)]


def test_a_redirect_that_leaves_the_origin_is_handed_back() -> None:
    web = Web({HOME: "/x", "https://app.test/x": "https://other.test/"})
    assert web.go(stay=True).headers == {"location": "https://other.test/"}
    assert web.closed == [HOME]


@pytest.mark.parametrize(("most", "ends"), [(2, True), (1, False), (0, False)])
def test_how_many_are_followed(most: int, *, ends: bool) -> None:
    web = Web({HOME: "/a", "https://app.test/a": "/b", "https://app.test/b": 200})
    if ends:
        assert web.go(most=most).status == 200
        return
    last = [HOME, "https://app.test/a"][most]
    with pytest.raises(RefusedError) as caught:
        web.go(most=most)
    assert caught.value.args == (last, 302, None)
    assert web.closed[-1] == last


@pytest.mark.parametrize("target", ["ftp://app.test/", "http://", "http://[", "javascript:alert()"])
def test_what_is_no_http_address_is_refused(target: str) -> None:
    web = Web({HOME: target})
    with pytest.raises(RefusedError) as caught:
        web.go()
    assert caught.value.args == (HOME, 302, target)
    assert web.closed == [HOME]
