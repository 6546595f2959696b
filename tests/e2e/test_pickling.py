"""Clients, sessions, endpoints, results and files cross into other processes."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from generated.image_lab import AsyncImageLab, GenerateResult, ImageLab
from gradio_session import AppError, AuthenticationError, Session
from tests.support.environments import ROOT

if TYPE_CHECKING:
    from tests.conftest import Serve

LOGIN = ("ada", "lovelace")


def draw(lab: ImageLab, prompt: str) -> tuple[GenerateResult, str]:
    """A call in another process, and the session hash that it had there."""
    return lab.generate(prompt, steps=1), lab.session.__gradio__.events.multiplexer.session_hash


def fail(lab: ImageLab) -> str:
    return lab.moderate("blood")


@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
def test_a_client_works_in_other_processes(lab_url: str, method: str) -> None:
    with ImageLab(lab_url) as lab:
        lab.count(1)  # connected, so that a connection could be carried along by mistake
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
            answers = list(pool.map(draw, [lab] * 4, ["a", "b", "c", "d"]))
            assert [result.seed_used for result, _ in answers] == [7] * 4
            assert lab.session.__gradio__.events.multiplexer.session_hash not in {
                session_hash for _, session_hash in answers
            }
            assert answers[0][0].image.read().startswith(b"\x89PNG"), (
                "a file stays a reference, and is fetched by the session here"
            )
            with pytest.raises(AppError, match="is not allowed here") as caught:
                pool.submit(fail, lab).result()
            assert (caught.value.title, caught.value.api_name) == ("Moderation", "/moderate")
        assert lab.count(1) == 2, "the session here went on"


def test_joblib_spreads_calls(lab_url: str) -> None:
    joblib: Any = pytest.importorskip("joblib")
    with ImageLab(lab_url) as lab:
        results = joblib.Parallel(n_jobs=2)(joblib.delayed(lab.count)(step) for step in (1, 2, 3))
    assert len(results) == 3
    assert set(results) <= {1, 2, 3, 4, 5, 6}


def test_credentials_go_along_unless_they_must_not(serve: Serve) -> None:
    url = serve(ROOT / "examples" / "lab.py", auth=list(LOGIN))
    with (
        ImageLab(url, auth=LOGIN, token="t0ken", headers={"X-Key": "s3cret"}) as lab,
        pickle.loads(pickle.dumps(lab)) as other,
    ):
        assert other.moderate("a cat") == "a cat"
    with ImageLab(
        url,
        auth=LOGIN,
        token="t0ken",
        headers={"X-Key": "s3cret"},
        cookies={"c": "c00kie"},
        pickle_secrets=False,
    ) as lab:
        assert lab.moderate("a cat") == "a cat"
        data = pickle.dumps(lab)
        assert not [
            secret
            for secret in (b"lovelace", b"t0ken", b"s3cret", b"c00kie", b"access-token")
            if secret in data
        ]
        with pickle.loads(data) as other, pytest.raises(AuthenticationError):
            other.moderate("a cat")


def test_options_go_along_and_the_name_does_not(lab_url: str, tmp_path: Path) -> None:
    session = Session(
        lab_url,
        name="lab",
        download_path=tmp_path,
        max_calls=7,
        max_calls_policy="error",
        timeout=12,
        retries=1,
        history=True,
    )
    with session, pickle.loads(pickle.dumps(session)) as other:
        assert other.name != "lab"
        assert (other.max_calls, other.max_calls_policy, other.download_path) == (
            7,
            "error",
            tmp_path,
        )
        assert other.app_url == session.app_url
        assert other.predict("count", [1]) == 1


async def test_asynchronous_clients_too(lab_url: str) -> None:
    async with AsyncImageLab(lab_url) as lab:
        await lab.count(1)
        async with pickle.loads(pickle.dumps(lab)) as other:
            assert await other.count(1) == 1


def test_endpoints_and_copies(lab_url: str) -> None:
    with ImageLab(lab_url) as lab:
        moderate = pickle.loads(pickle.dumps(lab.moderate.with_options(timeout=9)))
        assert moderate("a cat") == "a cat"
        moderate.__gradio__.session.close()
        with copy.deepcopy(lab) as other:
            assert other.count(1) == 1


def test_results_and_files_are_values(lab_url: str, tmp_path: Path) -> None:
    with ImageLab(lab_url, download_path=tmp_path) as lab:
        result = lab.generate("a cat", steps=1)
        unread = pickle.loads(pickle.dumps(result))
        assert type(unread) is GenerateResult
        assert unread.image.url == result.image.url
        content = result.image.read()
        assert unread.image.read() == content
        read: Any = pickle.loads(pickle.dumps(result))
    assert read.image.read() == content, "a file that was fetched needs no session any more"
