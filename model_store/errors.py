"""The one failure of this room: a model that must not be used, with its cause and its mend."""

from __future__ import annotations


class ModelRefused(Exception):
    """A model or its file fails a check; `code` (MODEL_…) names the check and never changes."""

    def __init__(self, cause: str, mend: str = "", *, code: str) -> None:
        super().__init__(cause)
        self.cause = cause
        self.mend = mend
        self.code = code

    def __str__(self) -> str:
        return f"{self.code}: {self.cause} {self.mend}".rstrip()
