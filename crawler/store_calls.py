"""Calls into the store, in its thread: after the first that failed there is no second one."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from pipelines.errors import StoreError

P = ParamSpec("P")
T = TypeVar("T")


class StoreCalls:
    """Raises the first StoreError again at each later call: what waits would only wait as long, in turn."""

    def __init__(self) -> None:
        self._error: StoreError | None = None

    def __call__(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._error is not None:
            raise self._error
        try:
            return function(*args, **kwargs)
        except StoreError as error:
            self._error = error
            raise
