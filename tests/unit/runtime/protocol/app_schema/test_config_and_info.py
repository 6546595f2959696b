"""What is read from `/config` and `/info`."""

from __future__ import annotations

from typing import Any

import pytest

from gradio_session.errors import EndpointNotFoundError, ProtocolError, UnsupportedVersionError
from gradio_session.protocol.app_schema.config import AppConfig, parse_version
from gradio_session.protocol.app_schema.info import AppInfo
from tests.support.flows import component, config_document, dependency

BASE = "http://h:7860/lab"


def make(**changes: Any) -> AppConfig:
    return AppConfig(config_document(**changes), BASE)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("6.31.0", (6, 31, 0)),
        ("5.0.0b3", (5, 0, 0)),
        ("4.44.1.dev2+local", (4, 44, 1)),
        ("7", (7, 0, 0)),
        ("", (0, 0, 0)),
        ("next", (0, 0, 0)),
        (None, (0, 0, 0)),
        (6.31, (0, 0, 0)),
        ("9" * 5000, (999999, 0, 0)),
    ],
)
def test_versions(text: object, version: tuple[int, int, int]) -> None:
    assert parse_version(text) == version


def test_fields() -> None:
    config = make(
        app_id=123,
        max_file_size=1000,
        username="ada",
        root="http://internal:1",
        version="5.50.0",
        api_prefix="/gradio_api",
    )
    assert (config.app_id, config.max_file_size, config.username) == (123, 1000, "ada")
    assert (config.version, config.base_url, config.prefix) == ((5, 50, 0), BASE, "/gradio_api")


def test_fields_of_the_wrong_kind_are_as_if_absent() -> None:
    config = make(max_file_size=True, username=[])
    assert (config.max_file_size, config.username) == (None, None)


def test_addresses_are_built_on_the_users_own() -> None:
    names = ("ünï with space", "a/b")
    wired = [dependency(name, number) for number, name in enumerate(names)]
    config = make(root="http://internal:1/other", dependencies=wired)
    assert config.api_url == f"{BASE}/gradio_api"
    assert config.dependency(names[0]).route == "/call/%C3%BCn%C3%AF%20with%20space"
    assert config.dependency(names[1]).route == "/queue/join"
    assert config.data_url("a&b") == f"{BASE}/gradio_api/queue/data?session_hash=a%26b"
    assert config.cancel_url == f"{BASE}/gradio_api/cancel"
    assert config.upload_url == f"{BASE}/gradio_api/upload"
    assert config.file_url("/tmp/a b#.png") == f"{BASE}/gradio_api/file=/tmp/a%20b%23.png"
    assert config.info_url == f"{BASE}/gradio_api/info"
    assert config.app_id_url == f"{BASE}/gradio_api/app_id"
    assert make(api_prefix=None, version="4.44.1").api_url == BASE


@pytest.mark.parametrize(
    "prefix", ["@evil.org", "//evil.org", "gradio_api", "/a/../b", "/a?b", ":80", 7, "/a b"]
)
def test_a_prefix_that_would_lead_elsewhere_is_refused(prefix: object) -> None:
    with pytest.raises(ProtocolError, match="prefix"):
        make(api_prefix=prefix)


@pytest.mark.parametrize(
    "changes",
    [
        {"version": "3.50.2", "protocol": None},
        {"version": "4.21.0"},
        {"version": "4.8.0", "protocol": "sse"},
        {"protocol": "sse_v2.1"},
        {"version": None},
    ],
)
def test_older_than_4_22_is_refused_with_a_reason(changes: dict[str, Any]) -> None:
    document = {
        key: value for key, value in config_document(**changes).items() if value is not None
    }
    with pytest.raises(UnsupportedVersionError, match=r"4\.22 and newer.*upgrade the app"):
        AppConfig(document, BASE)


def test_newer_protocols_are_tried() -> None:
    assert make(version="7.0.0", protocol="sse_v4").version == (7, 0, 0)


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "x",
        3,
        {},
        {"dependencies": []},
        {"components": [], "dependencies": {}},
        {"version": "6.0.0"},
    ],
)
def test_json_of_something_else(document: object) -> None:
    with pytest.raises(ProtocolError, match="not that of a Gradio app"):
        AppConfig(document, BASE)


WIRED = make(
    components=[
        component(1, label="Prompt", value="hi"),
        component(2, "state", skip=True),
        component(3, "slider", schema={"type": "number"}),
        component(4, "button", skip=True),
        {
            **component(5, "textbox", name="textarea"),
            "api_info_as_input": {"type": "string"},
            "api_info_as_output": {"type": "null"},
        },
        component(6, "dropdown", allow_custom_value=True),
        component(7, "dropdown"),
        component(8, "dropdown"),
    ],
    dependencies=[
        dependency("generate", 17, (1, 2, 3, 4), (5, 2)),
        dependency("private", 18, api_visibility="private"),
        dependency("js", 19, backend_fn=False),
        dependency(False, 20),
        dependency("hidden", 21, api_visibility="undocumented"),
        dependency("/lead", 22),
        dependency("lead", 23),
        dependency(
            "with/slash",
            24,
            types={"generator": True},
            batch=True,
            connection="stream",
            queue=False,
        ),
        dependency("choices", 25, (6, 7, 8)),
        dependency("update", 26, (), (7,)),
        dependency("load_example_1", 27, (), (8,)),
        dependency("broken", 28, (99,)),
    ],
)


def test_a_dependency() -> None:
    generate = WIRED.dependency("generate")
    assert generate.fn_index == 17
    assert generate.api_name == "/generate"
    assert [slot.type for slot in generate.inputs] == ["textbox", "state", "slider", "button"]
    assert [slot.type for slot in generate.visible_inputs] == ["textbox", "slider"]
    assert [slot.type for slot in generate.visible_outputs] == ["textarea"]
    assert generate.visible_outputs[0].block == "textbox"
    assert (generate.inputs[0].label, generate.inputs[0].default, generate.inputs[2].default) == (
        "Prompt",
        "hi",
        None,
    )
    assert (generate.inputs[2].schema, generate.outputs[0].schema) == (
        {"type": "number"},
        {"type": "null"},
    )
    assert (generate.connection, generate.by_name) == ("sse", True)
    odd = WIRED.dependency("with/slash")
    assert (odd.connection, odd.by_name) == ("stream", False)


def test_number_is_the_position_where_the_app_gives_none() -> None:
    old = make(
        version="4.22.0",
        dependencies=[
            {"api_name": "a", "inputs": [], "outputs": []},
            {"api_name": "b", "inputs": [], "outputs": []},
        ],
    )
    assert old.dependency("/b").fn_index == 1


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("generate", "/generate"),
        ("/generate", "/generate"),
        ("/lead", "/lead"),
        ("lead", "/lead"),
        ("//lead", "//lead"),
        ("hidden", "/hidden"),
    ],
)
def test_names_with_and_without_their_slash(asked: str, found: str) -> None:
    assert WIRED.dependency(asked).api_name == found


@pytest.mark.parametrize(
    ("name", "reason"), [("private", "made it private"), ("/js", "runs in the browser only")]
)
def test_hidden_endpoints_are_refused(name: str, reason: str) -> None:
    with pytest.raises(EndpointNotFoundError, match=f"does not offer .*{reason}"):
        WIRED.dependency(name)
    assert f"/{name.lstrip('/')}" not in WIRED.api_names


def test_an_unknown_endpoint_names_the_closest() -> None:
    with pytest.raises(EndpointNotFoundError, match="Did you mean /generate") as caught:
        WIRED.dependency("Genrate")
    assert caught.value.suggestions == ("/generate",)
    assert caught.value.api_name == "/Genrate"


def test_an_unknown_endpoint_with_nothing_close_lists_what_there_is() -> None:
    with pytest.raises(EndpointNotFoundError, match="It has /generate, /hidden, //lead"):
        WIRED.dependency("zzz")
    with pytest.raises(EndpointNotFoundError, match="It has none"):
        make().dependency("zzz")


def test_a_component_that_is_not_described() -> None:
    with pytest.raises(ProtocolError, match="component 99"):
        WIRED.dependency("broken")


def test_choices_are_open_where_the_app_says_so_or_changes_them() -> None:
    assert [slot.open_choices for slot in WIRED.dependency("choices").inputs] == [True, True, False]


def test_hostile_names_stay_on_one_line() -> None:
    hostile = make(dependencies=[dependency("a\nb\x1b[31m" + "x" * 500)])
    with pytest.raises(EndpointNotFoundError) as caught:
        hostile.dependency("zzz")
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 400


INFO = {
    "named_endpoints": {
        "/f": {
            "description": "Does f.",
            "oauth_token": "required",
            "parameters": [
                {
                    "parameter_name": "a",
                    "label": {"_type": "translation"},
                    "parameter_has_default": True,
                    "parameter_default": 3,
                    "type": {},
                    "component": "Slider",
                },
                {"label": "Second", "type": {"type": "string"}, "component": "Textbox"},
                "nonsense",
            ],
            "returns": [{"label": "R", "type": {"type": "string"}, "component": "Textbox"}],
        },
        "/broken": "nonsense",
        "/odd": {"parameters": None, "oauth_token": ["?"]},
    }
}


def test_info() -> None:
    info = AppInfo(INFO, BASE)
    assert list(info) == ["/f", "/odd"]
    assert (info.get("/broken"), info.get("/g")) == (None, None)
    endpoint, odd = info.get("/f"), info.get("/odd")
    assert endpoint is not None
    assert odd is not None
    assert [parameter.name for parameter in endpoint.parameters] == ["a", "param_1"]
    assert [parameter.label for parameter in endpoint.parameters] == ["", "Second"]
    assert [(parameter.required, parameter.default) for parameter in endpoint.parameters] == [
        (False, 3),
        (True, None),
    ]
    assert [parameter.component for parameter in endpoint.parameters] == ["slider", "textbox"]
    assert (endpoint.description, endpoint.oauth_token, endpoint.results[0].component) == (
        "Does f.",
        "required",
        "textbox",
    )
    assert (odd.parameters, odd.oauth_token) == ((), None)


@pytest.mark.parametrize("document", [None, [], {}, {"named_endpoints": []}])
def test_info_of_something_else(document: object) -> None:
    with pytest.raises(ProtocolError, match="/info holds no description"):
        AppInfo(document, BASE)


@pytest.mark.parametrize(
    "hidden",
    [
        {"api_visibility": "private"},
        {"api_visibility": "undocumented"},
        {"backend_fn": False},
        {"show_api": False},
    ],
)
def test_of_several_endpoints_of_one_name_the_last_that_is_described_is_called(
    hidden: dict[str, Any],
) -> None:
    """`/call` would find the first."""

    def numbers(*records: dict[str, Any]) -> tuple[int, bool]:
        found = make(dependencies=list(records)).dependency("/twin")
        return found.fn_index, found.route.startswith("/call/")

    seen, other = dependency("twin", 1), dependency("twin", 2)
    assert numbers(seen) == (1, True)
    assert numbers(seen, other) == (2, False)
    assert numbers(seen, dependency("twin", 2, **hidden)) == (1, True)
    assert numbers(dependency("twin", 1, **hidden), other) == (2, False)
