"""All that the children of a test run import, imported once in the process that they are forked from."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import pytest

import stream_app
import trainer
from tests.integration import faulty_repartition, faulty_replay, faulty_shadow, faulty_worker

__all__ = ["faulty_repartition", "faulty_replay", "faulty_shadow", "faulty_worker", "pytest"]

LEFT_OUT = ("stream_app.worker.app", "stream_app.dashboard", "stream_app.space")
"""The first makes an app when it is imported, and Streamlit is always started as a program of its own."""

for package in (stream_app, trainer):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.startswith(LEFT_OUT):
            import_module(module.name)
