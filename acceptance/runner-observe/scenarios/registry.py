"""The scenarios by name. What one says to the runner is its body; its name is quoted in docs/runner-protocol.md."""

from __future__ import annotations

ALL = {}


def scenario(concurrency=2, env=None):
    def register(function):
        function.concurrency, function.env = concurrency, env
        ALL[function.__name__.replace("_", "-")] = function
        return function

    return register
