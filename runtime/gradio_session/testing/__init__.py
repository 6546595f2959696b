"""Fakes of generated clients, and recordings of real ones, for tests."""

from gradio_session.testing.fakes import calls, fake, file, replay, sequence, stream
from gradio_session.testing.recording import record
from gradio_session.testing.script import Recorded

__all__ = ["Recorded", "calls", "fake", "file", "record", "replay", "sequence", "stream"]
