"""How an app is found: redirects hop by hop, logins, and what is said when no app answers."""

from __future__ import annotations

from typing import Any

import pytest

from gradio_session.errors import (
    AuthenticationError,
    ConnectError,
    ConnectionLostError,
    GradioSessionError,
    ProtocolError,
    RateLimitedError,
    UnsupportedVersionError,
)
from gradio_session.protocol.app_schema.config import AppConfig
from gradio_session.protocol.operations import discovery
from tests.support.flows import Performer, config_document, dependency, reply

CONFIG = config_document(dependencies=[dependency("f")])
UNAUTHORIZED = {"detail": {"error": "Not authenticated", "auth_message": "Ask\x1b[31m Ada"}}


def moved(to: str, status: int = 307) -> Any:
    return reply(b"", status, location=to)


def test_one_request_when_all_is_well() -> None:
    performer = Performer({"http://h/config": reply(CONFIG)})
    config = performer.run(discovery.connect("http://h"))
    assert config.base_url == "http://h"
    assert performer.asked == ["GET http://h/config"]
    assert performer.requests[0].credentials


@pytest.mark.parametrize(
    ("hops", "base", "credentials"),
    [
        ({"http://h/config": "/config/"}, "http://h", [True, True]),
        ({"http://h/config": "/lab/config"}, "http://h/lab", [True, True]),
        ({"http://h/config": "https://h/config"}, "https://h", [True, True]),
        ({"http://h/config": "http://other/config"}, "http://other", [True, False]),
        ({"http://h/config": "http://h:8080/config"}, "http://h:8080", [True, False]),
        (
            {"http://h/config": "http://other/x", "http://other/x": "http://h/config/"},
            "http://h",
            [True, False, False],
        ),
        ({"http://h/config": "http://u:p@h/config/"}, "http://h", [True, True]),
        ({"http://h/config": "/api/v1"}, "http://h", [True, True]),
    ],
)
def test_redirects_are_judged_hop_by_hop(
    hops: dict[str, str], base: str, credentials: list[bool]
) -> None:
    performer = Performer(
        lambda request: moved(hops[request.url]) if request.url in hops else reply(CONFIG)
    )
    config = performer.run(discovery.connect("http://h"))
    assert config.base_url == base
    assert [request.credentials for request in performer.requests] == credentials
    assert not any("u:p" in request.url for request in performer.requests)


@pytest.mark.parametrize(
    "target",
    ["ftp://h/config", "javascript:alert(1)", "http://", "file:///etc/passwd", "http://h:port/"],
)
def test_redirects_to_no_http_address(target: str) -> None:
    with pytest.raises(ProtocolError, match="redirects"):
        Performer({"http://h/config": moved(target)}).run(discovery.connect("http://h"))


def test_redirects_without_end() -> None:
    performer = Performer(lambda request: moved(request.url + "x"))
    with pytest.raises(ProtocolError, match="more than 10 times"):
        performer.run(discovery.connect("http://h"))
    assert len(performer.requests) == 11


def test_a_login_is_sent_when_the_app_asks_for_it() -> None:
    network = {
        "http://h/config": moved("/lab/config"),
        "http://h/lab/config": [reply(UNAUTHORIZED, 401), reply(CONFIG)],
        "http://h/lab/login": reply({"success": True}),
    }
    performer = Performer(network)
    assert (
        performer.run(discovery.connect("http://h", auth=("ada", "p&w ü"))).base_url
        == "http://h/lab"
    )
    assert performer.asked == [
        "GET http://h/config",
        "GET http://h/lab/config",
        "POST http://h/lab/login",
        "GET http://h/lab/config",
    ]
    login = performer.requests[2]
    assert login.content == b"username=ada&password=p%26w+%C3%BC"
    assert login.headers == {"content-type": "application/x-www-form-urlencoded"}


def test_a_login_is_not_sent_to_another_origin() -> None:
    performer = Performer(
        {
            "http://h/config": moved("http://evil/config"),
            "http://evil/config": reply(UNAUTHORIZED, 401),
        }
    )
    with pytest.raises(AuthenticationError, match="not sent there"):
        performer.run(discovery.connect("http://h", auth=("ada", "secret")))
    assert all(request.method == "GET" for request in performer.requests)


def test_a_missing_login_says_how_to_log_in() -> None:
    with pytest.raises(
        AuthenticationError, match=r"auth=\(user, password\).*session\.login"
    ) as caught:
        Performer({"http://h/config": reply(UNAUTHORIZED, 401)}).run(discovery.connect("http://h"))
    assert "Ask" in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_a_wrong_password_says_so_and_not_which() -> None:
    network = {
        "http://h/config": reply(UNAUTHORIZED, 401),
        "http://h/login": reply({"detail": "Incorrect credentials."}, 400),
    }
    with pytest.raises(AuthenticationError, match="wrong user name or password") as caught:
        Performer(network).run(discovery.connect("http://h", auth=("ada", "hunter2")))
    assert "hunter2" not in repr(caught.value)


HTML = b"<!DOCTYPE html><title>Welcome\nto nginx\x1b[0m</title><p>hi"


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (
            reply(HTML, content_type="text/html"),
            ProtocolError,
            'HTML page titled "Welcome to nginx',
        ),
        (reply(HTML), ProtocolError, "HTML page"),
        (reply(b"", 200), ProtocolError, "an empty body"),
        (reply(b"\xff\xfe\x00", 200, content_type="image/png"), ProtocolError, "image/png"),
        (reply(b"[" * 100_000, 200), ProtocolError, "instead of JSON"),
        (reply([1, 2]), ProtocolError, "not that of a Gradio app"),
        (
            reply({"version": "3.50.2", "components": [], "dependencies": []}),
            UnsupportedVersionError,
            "3.50.2",
        ),
        (reply(HTML, 503, content_type="text/html"), ProtocolError, "status 503.*try again later"),
        (reply({"detail": "x"}, 500), ProtocolError, "status 500"),
        (reply(b"", 403), AuthenticationError, r"refuses access \(403\)"),
        (reply(b"", 429, retry_after="7"), RateLimitedError, "Try again in 7 s"),
        (reply(b"", 304), ProtocolError, "status 304"),
    ],
)
def test_answers_that_are_no_configuration(
    answer: Any, kind: type[GradioSessionError], words: str
) -> None:
    with pytest.raises(kind, match=words) as caught:
        Performer({"http://h/config": answer}).run(discovery.connect("http://h"))
    assert type(caught.value) is kind
    assert "\x1b" not in str(caught.value)


def test_status_is_kept() -> None:
    with pytest.raises(ProtocolError) as caught:
        Performer({"http://h/config": reply(HTML, 502)}).run(discovery.connect("http://h"))
    assert caught.value.status == 502


@pytest.mark.parametrize("error", [ConnectError("refused"), ConnectionLostError("reset")])
def test_connection_failures_pass_through(error: GradioSessionError) -> None:
    with pytest.raises(type(error)) as caught:
        Performer({"http://h/config": error}).run(discovery.connect("http://h"))
    assert caught.value is error


def test_a_page_of_an_app_names_the_app_above_it() -> None:
    performer = Performer({"http://h/lab/config": reply(CONFIG)})
    with pytest.raises(
        ProtocolError, match="but one does at http://h/lab: use that address"
    ) as caught:
        performer.run(discovery.connect("http://h/lab/page/2"))
    assert caught.value.status == 404
    assert [request.credentials for request in performer.requests] == [True, False, False]


def test_a_page_of_an_app_behind_a_login() -> None:
    with pytest.raises(ProtocolError, match="one does at http://h:"):
        Performer({"http://h/config": reply({"detail": "Not authenticated"}, 401)}).run(
            discovery.connect("http://h/page")
        )


@pytest.mark.parametrize(
    ("base", "words"),
    [
        ("http://h", r"such as \"http://h/gradio\""),
        ("http://h/x", "the one that the app is mounted at"),
    ],
)
def test_no_app_at_all(base: str, words: str) -> None:
    with pytest.raises(ProtocolError, match=f"No Gradio app answers at {base}: .*{words}"):
        Performer({}).run(discovery.connect(base))


def test_looking_above_survives_what_it_finds() -> None:
    network = {"http://h/a/config": reply(HTML), "http://h/config": ConnectError("refused")}
    with pytest.raises(ProtocolError, match="No Gradio app answers"):
        Performer(network).run(discovery.connect("http://h/a/b"))


def test_info_of_a_known_app() -> None:
    config = AppConfig(CONFIG, "http://h")
    network = {"http://h/gradio_api/info": reply({"named_endpoints": {"/f": {}}})}
    performer = Performer(
        {
            **network,
            "http://h/gradio_api/info?all_endpoints=true": reply(
                {"named_endpoints": {"/f": {}, "/g": {}}}
            ),
        }
    )
    assert list(performer.run(discovery.read_info(config))) == ["/f"]
    assert list(performer.run(discovery.read_info(config, all_endpoints=True))) == ["/f", "/g"]
    with pytest.raises(AuthenticationError):
        Performer({"http://h/gradio_api/info": reply(UNAUTHORIZED, 401)}).run(
            discovery.read_info(config)
        )
