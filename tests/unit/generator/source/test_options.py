"""How an app is read: what wins, what is expanded, what is hidden."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.source.options import ReadingOptions

SECRETS = ReadingOptions(
    token="s3cret-token",
    auth="ada:s3cret-password",
    headers={"X-Key": "s3cret-key", "Authorization": "Bearer s3cret-bearer"},
    cookies={"visitor": "s3cret-cookie"},
    proxy="http://ada:s3cret-proxy@proxy.test:3128",
)


def test_the_first_options_win_and_names_of_headers_and_cookies_are_joined() -> None:
    mine = ReadingOptions(token="", headers={"A": "1"}, cookies={"c": "1"}, wait=1.0)
    other = ReadingOptions(
        token="theirs", auth="ada:x", headers={"A": "2", "B": "2"}, cookies={"d": "2"}, timeout=2.0
    )
    assert mine.over(other) == ReadingOptions(
        token="",
        auth="ada:x",
        headers={"A": "1", "B": "2"},
        cookies={"c": "1", "d": "2"},
        timeout=2.0,
        wait=1.0,
    )


@pytest.mark.parametrize(
    ("mine", "other", "verify"),
    [
        ({}, {"cacert": "ca.pem"}, "ca.pem"),
        ({"insecure": True}, {"cacert": "ca.pem"}, False),
        ({"cacert": "ca.pem"}, {"insecure": True}, "ca.pem"),
        ({}, {}, True),
    ],
)
def test_whom_to_trust_is_one_choice(mine: dict, other: dict, verify: object) -> None:
    chosen = ReadingOptions(**mine).over(ReadingOptions(**other))
    assert chosen.of_session()["verify"] == verify


def test_variables_are_expanded_and_files_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ca.pem").touch()
    monkeypatch.setenv("KEY", "s3cret")
    options = ReadingOptions(
        token="${KEY}",
        auth="ada:${KEY}",
        headers={"X-Key": "${KEY}"},
        cookies={"c": "${KEY}"},
        proxy="http://${KEY}@proxy.test",
        cacert="ca.pem",
        cert="${HOME}/none.pem",
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(CommandError, match=r"cert of lab: there is no file \$\{HOME\}/none.pem"):
        options.expanded(tmp_path, "lab")
    (tmp_path / "none.pem").touch()
    found = options.expanded(tmp_path, "lab").of_session()
    assert found == {
        "token": "s3cret",
        "auth": ("ada", "s3cret"),
        "headers": {"X-Key": "s3cret"},
        "cookies": {"c": "s3cret"},
        "verify": str(tmp_path / "ca.pem"),
        "cert": str(tmp_path / "none.pem"),
        "proxy": "http://s3cret@proxy.test",
    }


def test_a_variable_that_is_not_set_is_named_with_its_place() -> None:
    place = "https://example.org/${LAB}"
    secret = {"X-Key": "${LAB_NONE}"}
    for kind, options in (
        ("header", ReadingOptions(headers=secret)),
        ("cookie", ReadingOptions(cookies=secret)),
    ):
        with pytest.raises(CommandError) as caught:
            options.expanded(Path(), place)
        assert f"{kind} X-Key of {place}: environment variable LAB_NONE" in caught.value.message


def test_insecure_and_an_authority_contradict_each_other() -> None:
    with pytest.raises(CommandError, match="leave one out"):
        ReadingOptions(cacert="ca.pem", insecure=True).expanded(Path(), "lab")


def test_no_secret_is_in_the_representation() -> None:
    assert "s3cret" not in repr(SECRETS)


def test_secrets_that_an_app_repeats_are_hidden_and_short_words_are_not() -> None:
    words = "s3cret-token s3cret-password s3cret-key s3cret-bearer s3cret-cookie s3cret-proxy"
    assert SECRETS.hide(words) == "*** *** *** *** *** ***"
    assert ReadingOptions(proxy="http://s3cret@proxy.test").hide("x s3cret") == "x ***"
    assert ReadingOptions(auth="ada:x", headers={"A": "1"}).hide("xx 1") == "xx 1"


def test_time_limits() -> None:
    assert (ReadingOptions().silence, ReadingOptions().patience) == (30, 30)
    endless = ReadingOptions(timeout=float("inf"), wait=5)
    assert endless.silence == 86_400
    assert ReadingOptions(timeout=2, wait=5).patience == 7
