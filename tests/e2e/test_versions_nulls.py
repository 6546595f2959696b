"""What the generator decides by `/config`, on real servers of Gradio 6.31, 5.50 and 4.44: which
parameters take null, which choices are open, which defaults stand as `DEFAULT`.
"""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from gradio_codegen.app_schema.schema import parse
from gradio_codegen.app_schema.wiring import NULLABLE
from gradio_codegen.plan.model import EndpointPlan
from gradio_session import AppError, Call, Session
from tests.conftest import Serve, Start
from tests.support.environments import ROOT, VERSIONS
from tests.support.golden import build, document

pytestmark = [pytest.mark.versions, pytest.mark.parametrize("version", VERSIONS)]

APP = ROOT / "tests" / "apps" / "nulls.py"
TEXT = {"textbox", "code", "markdown", "html"}
REFUSES = {"dialogue"}


def read(url: str) -> tuple[dict[str, Any], dict[str, Any]]:
    config = httpx.get(f"{url}/config").json()
    return httpx.get(f"{url}{config.get('api_prefix', '')}/info").json(), config


@pytest.fixture
def url(version: str, serve: Serve) -> str:
    return serve(APP, version)


@pytest.fixture
def plans(url: str) -> dict[str, EndpointPlan]:
    module, _ = build(document(*read(url)))
    return {str(plan.attribute): plan for plan in module.endpoints}


def answer(call: Call[Any]) -> str | None:
    """What the function was given; None if the server refused."""
    try:
        return call.result()
    except AppError:
        return None


def untouched(url: str) -> dict[str, str]:
    """The endpoints whose one component is null in `/config`, with its type."""
    _, config = read(url)
    components = {each["id"]: each for each in config["components"]}
    found: dict[str, str] = {}
    for dependency in config["dependencies"]:
        if len(dependency["inputs"]) == 1 and dependency["api_name"] != "after":
            component = components[dependency["inputs"][0]]
            if component["props"].get("value") is None:
                found[dependency["api_name"]] = component["type"]
    return found


def test_the_server_takes_null_where_the_table_says_so(version: str, url: str) -> None:
    found = untouched(url)
    assert len(found) > 25
    with Session(url, timeout=60) as session:
        calls = {name: session.submit(name, [None]) for name in found}
        answers = {name: answer(call) for name, call in calls.items()}
    refused = {found[name] for name, told in answers.items() if told is None}
    assert {told for told in answers.values() if told is not None} == {"None"}
    assert refused == REFUSES & set(found.values())
    assert not refused & NULLABLE
    assert set(found.values()) - TEXT - refused <= NULLABLE


def test_parameters_take_none_where_the_server_does(
    version: str, url: str, plans: dict[str, EndpointPlan]
) -> None:
    components = untouched(url)
    alone = {name: plan.parameters[0] for name, plan in plans.items() if len(plan.parameters) == 1}
    assert components.keys() - alone.keys() == set()
    for name, parameter in alone.items():
        takes_none = parameter.annotation.endswith("| None") or parameter.annotation == "Any"
        assert takes_none == (components.get(name) in NULLABLE), name
        if name in components:
            assert parameter.default is None, "required, as /info says"
    assert plans["textbox"].parameters[0].annotation == "str"


def test_info_alone_promises_no_null(version: str, url: str) -> None:
    info, _ = read(url)
    module, _ = build(document(info))
    annotations = {str(plan.attribute): plan.parameters for plan in module.endpoints}
    assert annotations["image"][0].annotation == "FileInput"
    assert annotations["radio"][0].annotation == "Value"


def test_a_dropdown_that_a_refresh_rewrites_is_open(
    version: str, url: str, plans: dict[str, EndpointPlan]
) -> None:
    _, _, model, size = plans["draw"].parameters
    assert model.annotation == "Model | str"
    assert size.annotation == "Size"
    with Session(url, timeout=60) as session:
        assert session.predict("draw", [1, 2, "small", "S"]) == "(1, 2, 'small', 'S')"


def test_a_value_that_is_a_function_is_no_default_of_ours(
    version: str, plans: dict[str, EndpointPlan]
) -> None:
    seed, strength, *_ = plans["draw"].parameters
    assert (seed.annotation, seed.default) == ("float | Default", "DEFAULT")
    assert (strength.annotation, strength.default) == ("float | Default", "DEFAULT")


def test_a_restart_changes_nothing(version: str, start_server: Start) -> None:
    first, second = (parse(document(*read(start_server(APP, version).url)))[0] for _ in range(2))
    assert first.endpoints == second.endpoints
    assert first.fingerprint == second.fingerprint
