"""Addresses: what people paste, what a Space is, and where a secret may go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradio_session.errors import GradioSessionError, ParameterError
from gradio_session.protocol.base.urls import (
    normalize_url,
    origin,
    parent_urls,
    quote_name,
    quote_path,
    redact,
    space_id_of,
    stays_below,
    trusted,
)


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ("http://127.0.0.1:7860", "http://127.0.0.1:7860"),
        ("http://127.0.0.1:7860/", "http://127.0.0.1:7860"),
        ("  http://127.0.0.1:7860/?__theme=dark#top ", "http://127.0.0.1:7860"),
        ("https://example.org/lab///", "https://example.org/lab"),
        ("https://example.org//lab//two/", "https://example.org/lab/two"),
        ("HTTP://Example.ORG:80/Lab", "http://example.org/Lab"),
        ("https://example.org:443", "https://example.org"),
        ("https://example.org:8443/x", "https://example.org:8443/x"),
        ("http://h/config", "http://h"),
        ("http://h/inner/app/config/", "http://h/inner/app"),
        ("http://h/gradio_api/info?all_endpoints=true", "http://h"),
        ("http://h/gradio_api", "http://h"),
        ("http://h/reconfig", "http://h/reconfig"),
        ("localhost:7860", "http://localhost:7860"),
        ("localhost", "http://localhost"),
        ("gpu-box:7860/lab", "http://gpu-box:7860/lab"),
        ("example.org/lab", "https://example.org/lab"),
        ("example.org:443", "https://example.org"),
        ("[::1]:7860", "http://[::1]:7860"),
        ("http://[2001:db8::1]:7860/x", "http://[2001:db8::1]:7860/x"),
        ("http://h/with space/ü", "http://h/with%20space/%C3%BC"),
        ("http://h/with%20space", "http://h/with%20space"),
    ],
)
def test_base_address_from_what_people_paste(given: str, base: str) -> None:
    assert normalize_url(given) == base
    assert normalize_url(base) == base


@pytest.mark.parametrize(
    "given",
    [
        "",
        "   ",
        "http://",
        "ftp://h/x",
        "file:///etc/passwd",
        "http://h:port/",
        "http://h:99999",
        "http://a b/",
        "http://[::1",
    ],
)
def test_addresses_of_no_app_are_refused(given: str) -> None:
    with pytest.raises(ParameterError, match="address") as caught:
        normalize_url(given)
    assert caught.value.parameter == "app_url"


@pytest.mark.parametrize(
    "given",
    [
        "http://ada:s3cret@h:7860/x",
        "ada:s3cret@h:7860",
        "https://s3cret@h",
        "http://h\\@s3cret:pw@evil.org/",
    ],
)
def test_credentials_in_an_address_are_refused_and_not_shown(given: str) -> None:
    with pytest.raises(ParameterError) as caught:
        normalize_url(given)
    assert "s3cret" not in str(caught.value)


def test_refusal_of_credentials_says_what_to_do() -> None:
    with pytest.raises(ParameterError, match=r"auth=\(user, password\)"):
        normalize_url("http://ada:s3cret@h:7860/x")


@given(st.text(max_size=40))
def test_any_text_gives_an_address_or_a_clear_refusal(text: str) -> None:
    try:
        base = normalize_url(text)
    except GradioSessionError:
        return
    assert origin(base)[0] in ("http", "https")
    assert not base.endswith("/")
    assert normalize_url(base) == base


@pytest.mark.parametrize(
    ("given", "space"),
    [
        ("owner/name", "owner/name"),
        (" Owner-1/my_space.v2 ", "Owner-1/my_space.v2"),
        ("https://huggingface.co/spaces/owner/name", "owner/name"),
        ("https://huggingface.co/spaces/owner/name/tree/main?x=1", "owner/name"),
        ("huggingface.co/spaces/owner/name", "owner/name"),
        ("hf.co/spaces/owner/name", "owner/name"),
        ("https://huggingface.co/owner/model", None),
        ("https://evil.org/spaces/owner/name", None),
        ("localhost/app", None),
        ("example.org/app", None),
        ("owner", None),
        ("owner/name/more", None),
        ("owner/", None),
        ("../etc", None),
        ("owner/na me", None),
        ("ówner/name", None),
        ("http://[::1", None),
    ],
)
def test_what_names_a_space(given: str, space: str | None) -> None:
    assert space_id_of(given) == space


@pytest.mark.parametrize(
    ("app", "target", "allowed"),
    [
        ("http://h:7860", "http://h:7860/x", True),
        ("http://h", "http://H:80/x", True),
        ("https://h", "https://h:443", True),
        ("https://h", "https://h.", True),
        ("http://h", "https://h/x", True),
        ("http://h:7860", "https://h/x", False),
        ("http://h:7860", "https://h:7860/x", False),
        ("https://h", "http://h/x", False),
        ("http://h", "http://h.evil.org", False),
        ("http://h", "http://evil.org/h", False),
        ("http://h:7860", "http://h:7861", False),
        ("http://h", "http://h@evil.org/", False),
        ("http://h", "//h/x", False),
        ("http://h", "file:///h", False),
        ("http://h", "http://h:port/", False),
        ("", "http://h/x", False),
        ("", "", False),
    ],
)
def test_where_a_secret_may_go(app: str, target: str, allowed: bool) -> None:
    assert trusted(app, target) is allowed


def test_parents_nearest_first() -> None:
    assert parent_urls("http://h/a/b/c") == ["http://h/a/b", "http://h/a", "http://h"]
    assert parent_urls("http://h") == []
    assert len(parent_urls("http://h/" + "x/" * 50)) == 4


def test_quoting_keeps_what_the_server_needs() -> None:
    assert quote_name("ünï with space/é?") == "%C3%BCn%C3%AF%20with%20space%2F%C3%A9%3F"
    assert quote_path("/tmp/a b/ü#?.txt") == "/tmp/a%20b/%C3%BC%23%3F.txt"
    assert quote_name("\ud800") == "%ED%A0%80"


def test_redacted_addresses_hold_no_secret() -> None:
    assert redact("http://ada:pw@h:1/x?token=abc#f") == "http://h:1/x"
    assert redact("http://h/\x1b[31m") == "http://h/?[31m"
    assert redact("http://[::1") == "(an address that cannot be read)"


FILES = "https://h/lab/gradio_api/file="


@pytest.mark.parametrize(
    ("url", "below"),
    [
        (f"{FILES}/tmp/a.png", True),
        (f"{FILES}/tmp/a..b/...png?x=../y", True),
        ("https://h:443/lab/gradio_api/file=/tmp/a.png", True),
        (f"{FILES}../../x", False),
        (f"{FILES}/tmp/../../../logout", False),
        (f"{FILES}%2e%2e/%2E./x", False),
        (f"{FILES}/tmp%2f..%2f..%2f../logout", False),
        (f"{FILES}/%252e%252e/x", False),
        (f"{FILES}..\\..\\x", False),
        ("https://h/lab/gradio_api/logout", False),
        ("https://evil/lab/gradio_api/file=/tmp/a.png", False),
        ("https://h:8/lab/gradio_api/file=/tmp/a.png", False),
        ("https://[", False),
    ],
)
def test_what_stays_below_a_route(url: str, below: bool) -> None:
    assert stays_below(FILES, url) is below
