"""An app that is replaced at its address while a client uses it all the time: after five seconds
at most no call goes by what the app was before, and no call waits for the look at the app.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from gradio_session import AppChangedError, EndpointNotFoundError, ParameterError
from tests.conftest import Serve
from tests.support.chaos_apps import Address, Clock, client, settle
from tests.support.chaos_streams import CONFIG, JOIN
from tests.support.fault_proxy import Link
from tests.support.generation import Generate
from tests.support.world import World

BLIND = 5.0
"""Seconds that a replaced app may go unnoticed."""

STEP = 0.5
"""Seconds between calls, by the clock that the test moves."""

HEAD = """
import gradio as gr
def pay(to, amount):
    return f"{amount} to {to}"
def shipped(source, target):
    return f"{source} > {target}"
with gr.Blocks(title="Ledger") as demo:
    to, source, target, out = gr.Textbox(), gr.Textbox(), gr.Textbox(), gr.Textbox()
    amount, memo = gr.Number(precision=0), gr.Textbox()
"""
BEFORE = (
    HEAD
    + """
    gr.Button().click(pay, [to, amount], out, api_name="pay")
    gr.Button().click(shipped, [source, target], out, api_name="ship")
"""
)
AFTER = (
    HEAD
    + """
    gr.Button().click(lambda memo, to: f"{memo} noted for {to}", [memo, to], out, api_name="pay")
    gr.Button().click(lambda target, source: shipped(source, target), [target, source], out,
                      api_name="ship")
    gr.Button().click(lambda text: text.upper(), memo, out, api_name="later")
"""
)
LOOKS = ("GET /gradio_api/app_id", CONFIG)


@pytest.fixture(scope="module")
def before(serve: Serve) -> str:
    return serve(BEFORE)


@pytest.fixture(scope="module")
def after(serve: Serve) -> str:
    return serve(AFTER)


@pytest.fixture(scope="module")
def module(before: str, generate: Generate) -> ModuleType:
    return generate(before)


@pytest.fixture
def address(before: str) -> Iterator[Address]:
    with Address(before) as address:
        yield address


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch, "monotonic")


def keep_calling(world: World, clock: Clock, call: Callable[[], Any]) -> dict[float, Any]:
    """Make a call every half second, until one raises or well past the time allowed.

    Returns:
        What the calls gave, by the seconds that had gone by when they began.
    """
    began, given = clock.now(), dict[float, Any]()
    while (age := clock.now() - began) < BLIND + 3 * STEP:
        given[age] = world.do(call)
        settle(world)
        clock.move(STEP)
    return given


def test_a_generated_client_does_not_send_by_the_old_order(
    world: World, module: ModuleType, address: Address, after: str, clock: Clock
) -> None:
    ledger = client(world, module, "Ledger", address.url)
    assert world.do(lambda: ledger.pay("bob", 3)) == "3 to bob"
    settle(world)  # a stream that breaks would be reason enough to look at the app again
    address.lead_to(after)
    with pytest.raises(AppChangedError, match="/pay"):
        keep_calling(world, clock, lambda: ledger.pay("bob", 3))
    sent = address.count(f"{JOIN}pay")
    with pytest.raises(AppChangedError):
        world.do(lambda: ledger.pay("bob", 3))
    assert address.count(f"{JOIN}pay") == sent


def test_direct_use_by_name_follows_the_new_order(
    world: World, address: Address, after: str, clock: Clock
) -> None:
    session = world.open(address.url, timeout=None)
    goods = {"source": "here", "target": "there"}
    assert world.predict(session, "ship", goods) == "here > there"
    settle(world)
    address.lead_to(after)
    given = keep_calling(world, clock, lambda: session.predict("ship", goods))
    late = [result for age, result in given.items() if age >= BLIND + STEP]
    assert late
    assert set(late) == {"here > there"}


def test_an_endpoint_that_was_added_is_there_at_once(
    world: World, address: Address, after: str
) -> None:
    session = world.open(address.url)
    assert world.predict(session, "ship", ["a", "b"]) == "a > b"
    settle(world)
    address.lead_to(after)
    assert world.predict(session, "later", ["here"]) == "HERE"


def test_before_an_endpoint_is_not_there_the_configuration_is_read_once_more(
    world: World, address: Address
) -> None:
    session = world.open(address.url)
    assert world.predict(session, "ship", ["a", "b"]) == "a > b"
    assert address.count(CONFIG) == 1
    with pytest.raises(EndpointNotFoundError, match="/later"):
        world.predict(session, "later", ["here"])
    assert address.count(CONFIG) == 2


def test_calls_do_not_wait_for_the_look_at_the_app(
    world: World, module: ModuleType, address: Address, after: str, clock: Clock
) -> None:
    gate = threading.Event()

    async def hold(link: Link, data: bytes) -> bytes:
        while not gate.is_set():  # noqa: ASYNC110 - set from another thread
            await asyncio.sleep(0.002)
        return data

    def looks() -> int:
        return sum(address.count(look) for look in LOOKS)

    ledger = client(world, module, "Ledger", address.url)
    assert world.do(lambda: ledger.pay("bob", 3)) == "3 to bob"
    for look in LOOKS:
        address.down(look, hold)
    known = looks()
    for _ in range(int(2 * BLIND / STEP)):
        assert world.do(lambda: ledger.pay("bob", 3), within=3) == "3 to bob"
        clock.move(STEP)
    assert looks() > known, "the app was not looked at"
    address.lead_to(after)
    gate.set()
    settle(world)
    clock.move(BLIND + STEP)
    with pytest.raises(AppChangedError, match="/pay"):
        world.do(lambda: ledger.pay("bob", 3))


def test_an_idle_client_looks_before_it_sends(
    world: World, module: ModuleType, address: Address, after: str, clock: Clock
) -> None:
    """What holds today: after a pause the first call is not sent blindly."""
    ledger = client(world, module, "Ledger", address.url)
    assert world.do(lambda: ledger.pay("bob", 3)) == "3 to bob"
    settle(world)
    address.lead_to(after)
    clock.move(BLIND + 1)
    sent = address.count(f"{JOIN}pay")
    with pytest.raises(AppChangedError, match="/pay"):
        world.do(lambda: ledger.pay("bob", 3))
    assert address.count(f"{JOIN}pay") == sent


def test_parameters_that_the_new_app_does_not_take_are_refused_before_they_are_sent(
    world: World, address: Address, after: str, clock: Clock
) -> None:
    session = world.open(address.url, timeout=None)
    payment = {"to": "bob", "amount": 3}
    assert world.predict(session, "pay", payment) == "3 to bob"
    settle(world)
    address.lead_to(after)
    with pytest.raises((ParameterError, AppChangedError), match="amount"):
        keep_calling(world, clock, lambda: session.predict("pay", payment))


def test_an_idle_session_looks_before_it_sends(
    world: World, address: Address, after: str, clock: Clock
) -> None:
    session = world.open(address.url, timeout=None)
    goods = {"source": "here", "target": "there"}
    assert world.predict(session, "ship", goods) == "here > there"
    settle(world)
    address.lead_to(after)
    clock.move(BLIND + 1)
    assert world.predict(session, "ship", goods) == "here > there"
