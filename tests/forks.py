"""Processes forked from one that has imported already what they need; a test run has one such server."""

from __future__ import annotations

import multiprocessing

FORKS = multiprocessing.get_context("forkserver")
# What is asked for after the server's start would not be heard: here is all that anybody's children import.
FORKS.set_forkserver_preload(["pytest", "tests.integration.faulty_worker"])
