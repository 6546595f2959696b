"""The official client, `gradio_client`, used as its documentation says."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from gradio_client import Client, handle_file

from benchmarks.measure import threads


class Sync:
    """`gradio_client.Client`."""

    def __init__(self, url: str) -> None:
        self.client = Client(url, verbose=False, analytics_enabled=False)

    def call(self, name: str, *values: Any) -> Any:
        return self.client.predict(*values, api_name="/" + name)

    def iterate(self, name: str, count: int) -> Any:
        last = None
        for output in self.client.submit(count, api_name="/" + name):
            last = output
        return last

    def result_of(self, name: str, count: int) -> Any:
        return self.client.submit(count, api_name="/" + name).result()

    def burst(self, count: int) -> int:
        jobs = [self.client.submit(str(number), api_name="/nap") for number in range(count)]
        running = threads()
        assert [job.result() for job in jobs] == [str(number) for number in range(count)]
        return running

    def upload(self, path: Path) -> Any:
        return self.client.predict(handle_file(str(path)), api_name="/take")

    def download(self, mebibytes: int, target: Path) -> int:
        shutil.move(self.client.predict(mebibytes, api_name="/give"), target)
        return target.stat().st_size

    def cancel(self) -> float:
        job = self.client.submit(api_name="/forever")
        next(iter(job))
        asked = time.monotonic()
        job.cancel()
        return asked
