"""Conversion of exceptions into readable Dagster failures.

Dagster stores the text of every exception. A library's message may quote a cell, so only the type and location of an
unexpected exception are kept, unless TRIN_DEBUG is set.
"""

from __future__ import annotations

import functools
import inspect
import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster import DagsterError, Failure

from assets.storage.home import refused_by_computer
from assets.ui.asset_pages import markdown
from data_contracts.reading.faults import Fault, InputRefused


def failure_of(faults: tuple[Fault, ...]) -> Failure:
    """Return a failure that lists faults, without retries."""
    lines = "\n".join(f"- {fault}" for fault in faults)
    return Failure(
        description="\n".join(str(fault) for fault in faults),
        metadata={"faults": markdown(lines)},
        allow_retries=False,
    )


@contextmanager
def refusing() -> Iterator[None]:
    """Convert `InputRefused` inside the block to a failure."""
    try:
        yield
    except InputRefused as refused:
        raise failure_of(refused.faults) from None


UNEXPECTED = "an unexpected"


def guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap an asset or check so that Dagster stores no exception text.

    Parameters
    ----------
    function : callable
        A function or a generator; its signature stays as it is.
    """
    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def generator(*args: Any, **kwargs: Any) -> Iterator[Any]:
            with only_kind_and_place():
                yield from function(*args, **kwargs)

        return generator

    @functools.wraps(function)
    def plain(*args: Any, **kwargs: Any) -> Any:
        with only_kind_and_place():
            return function(*args, **kwargs)

    return plain


@contextmanager
def only_kind_and_place() -> Iterator[None]:
    """Convert an unexpected exception to a failure without its text."""
    try:
        yield
    except (Failure, DagsterError, GeneratorExit):
        raise
    except InputRefused as refused:
        raise failure_of(refused.faults) from None
    except OSError as error:
        words = f"{UNEXPECTED} file error. {refused_by_computer(error)}"
        raise Failure(description=words, allow_retries=False) from None
    except Exception as error:
        if os.environ.get("TRIN_DEBUG"):
            raise
        frames = traceback.extract_tb(error.__traceback__)
        place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
        words = f"{UNEXPECTED} {type(error).__name__} at {place}. Its message is withheld because it may contain personal data; set TRIN_DEBUG=1 to see it."
        raise Failure(description=words, allow_retries=False) from None
