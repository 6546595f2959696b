"""Which secret goes where, and the login by user name and password."""

from __future__ import annotations

from typing import Any

import pytest

from gradio_session.errors import (
    AuthenticationError,
    GradioSessionError,
    ParameterError,
    ProtocolError,
)
from gradio_session.protocol.base.credentials import Credentials
from gradio_session.protocol.operations.discovery import log_in
from tests.support.flows import Performer, reply

APP = "https://app.example/lab"


def test_a_token_goes_to_the_apps_origin_only() -> None:
    credentials = Credentials(APP, token="t0ken", headers={"X-Api-Key": "k3y"})
    assert credentials.headers_for(f"{APP}/config") == {
        "x-api-key": "k3y",
        "authorization": "Bearer t0ken",
    }
    assert credentials.headers_for("https://app.example/other") == credentials.headers_for(APP)
    for elsewhere in (
        "https://evil.example/",
        "http://app.example/lab",
        "https://app.example:8443/",
        "https://app.example.evil.org/",
        "data:,x",
    ):
        assert credentials.headers_for(elsewhere) == {}
        assert credentials.headers_for(elsewhere, token="other") == {}


def test_a_space_gets_its_token_where_the_hub_expects_it() -> None:
    credentials = Credentials(APP, token="hf_x", space=True, headers={"Authorization": "Basic abc"})
    assert credentials.headers_for(APP) == {
        "x-hf-authorization": "Bearer hf_x",
        "authorization": "Basic abc",
    }


def test_a_call_may_have_a_token_of_its_own_or_none() -> None:
    credentials = Credentials(APP, token="session", headers={"X-A": "1"})
    assert credentials.headers_for(APP, token="call") == {
        "x-a": "1",
        "authorization": "Bearer call",
    }
    assert credentials.headers_for(APP, token="public") == {"x-a": "1"}
    assert credentials.headers_for(APP) == {"x-a": "1", "authorization": "Bearer session"}


def test_no_token_and_public_are_the_same() -> None:
    assert (
        Credentials(APP).headers_for(APP) == Credentials(APP, token="public").headers_for(APP) == {}
    )


def test_only_a_given_token_goes_into_the_body_of_a_call_and_only_to_the_app() -> None:
    found = Credentials(APP, token="hf_found", space=True)
    assert found.oauth_token_for(APP, None) is None
    assert found.oauth_token_for(APP, "public") is None
    assert found.oauth_token_for(f"{APP}/gradio_api/call/f", "hf_given") == "hf_given"
    assert found.oauth_token_for("https://evil.example/", "hf_given") is None


def test_an_unknown_address_gets_nothing() -> None:
    assert Credentials("", token="t").headers_for("") == {}


def test_nothing_secret_in_its_repr() -> None:
    shown = repr(
        Credentials(APP, token="t0ken", headers={"x-api-key": "k3y"}, cookies={"sid": "c00kie"})
    )
    assert not any(secret in shown for secret in ("t0ken", "k3y", "c00kie"))
    assert "app.example" in shown


@pytest.mark.parametrize("token", ["", " x", "x\n", "a b", "ключ", "x\x00"])
def test_tokens_that_no_header_can_carry(token: str) -> None:
    with pytest.raises(ParameterError, match="token") as caught:
        Credentials(APP, token=token)
    if token.strip():
        assert token not in str(caught.value)
    with pytest.raises(ParameterError):
        Credentials(APP).headers_for(APP, token=token)


@pytest.mark.parametrize(
    ("answer", "logged_in"),
    [
        (reply({"success": True}), True),
        (reply(b"", 302, location="/"), False),
        (reply(b"", 302, location="/", set_cookie="access-token-x=1"), None),
    ],
)
def test_login(answer: Any, logged_in: bool | None) -> None:
    performer = Performer({f"{APP}/login": answer})
    if logged_in is None:
        with pytest.raises(ProtocolError):
            performer.run(log_in(APP, ("ada", "pw")))
    else:
        assert performer.run(log_in(APP, ("ada", "pw"))) is logged_in


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (
            reply({"detail": "Incorrect credentials."}, 400),
            AuthenticationError,
            "'ada': wrong user name or password",
        ),
        (
            reply(b"<html><title>SSO</title>", 200, content_type="text/html"),
            ProtocolError,
            'titled "SSO".*no Gradio login',
        ),
        (reply({"success": False}), ProtocolError, "no Gradio login"),
        (reply({"detail": "Not Found"}, 404), ProtocolError, "no Gradio login"),
        (reply(b"", 500), ProtocolError, "status 500"),
    ],
)
def test_login_refused(answer: Any, kind: type[GradioSessionError], words: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        Performer({f"{APP}/login": answer}).run(log_in(APP, ("ada", "hunter2")))
    assert "hunter2" not in str(caught.value)
