"""When threads rest between outputs that come fast."""

from __future__ import annotations

import math

from gradio_session.stream.pacing import PACE, Pacing, posts_at_once

AT_HAND = 0.00001


def after(*waits: float) -> Pacing:
    pace = Pacing()
    for wait in waits:
        pace.arrived(wait)
    return pace


def test_nothing_is_fast_at_first() -> None:
    assert not Pacing().fast
    assert not after(*[PACE / 2] * 7).fast


def test_eight_short_waits_in_a_row_are_fast() -> None:
    assert after(*[PACE / 2] * 8).fast


def test_long_waits_end_it() -> None:
    assert not after(*[PACE / 2] * 8, PACE * 1.1).fast
    assert not after(*[PACE / 2] * 100, PACE * 1.1, PACE * 1.1).fast
    assert not after(*[PACE / 2] * 100, *[PACE * 1.1] * 5, *[PACE / 2] * 7).fast


def test_one_long_wait_among_many_short_ones_does_not() -> None:
    assert after(*[PACE / 2] * 16, PACE * 1.1).fast


def test_what_may_not_be_followed_by_a_rest_ends_it() -> None:
    assert not after(*[PACE / 2] * 100, math.inf).fast


def test_there_is_a_rest_only_once_nothing_more_is_at_hand() -> None:
    pace = after(*[PACE / 2] * 8)
    assert pace.arrived(PACE / 2)
    assert not pace.arrived(AT_HAND), "there may be more"
    assert not pace.arrived(AT_HAND)
    assert pace.fast
    assert pace.arrived(PACE / 2)


def test_the_first_after_a_rest_may_take_longer() -> None:
    pace = after(*[PACE / 2] * 8)
    assert pace.arrived(PACE / 2)
    assert not pace.arrived(PACE / 5), "it was there, but the processor was elsewhere"
    assert pace.arrived(PACE / 5)
    assert pace.arrived(PACE / 2), "nothing had come meanwhile"


def test_nothing_rests_after_what_may_not_be_followed_by_a_rest() -> None:
    assert not after(*[PACE / 2] * 100).arrived(math.inf)


def test_from_farther_away_more_posts_are_under_way() -> None:
    assert [posts_at_once(seconds) for seconds in (0.001, 0.02, 0.05, 0.1, 3)] == [
        16,
        16,
        32,
        64,
        64,
    ]
