"""One test for many cells of a table: set up once, and every cell that fails is named."""

from __future__ import annotations

import functools
import inspect
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from django.db import transaction


@contextmanager
def taken_back() -> Iterator[None]:
    """Undo in the end what the block wrote, inside the test's own transaction."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def each(
    name: str, values: Iterable[Any], *, called: Callable[[Any], str] = str, undone: bool = False
) -> Callable[[Callable], Callable]:
    """Run a test's body for each of ``values`` as its argument ``name``, to the end whatever fails on the way.

    ``called`` names a value in what is said about it. With ``undone`` what the body wrote to the database is taken back
    before the next one.
    """
    cells = list(values)
    assert cells, "a test of nothing can not fail"

    def decorate(body: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(body)
        def test(*args: Any, **kwargs: Any) -> None:
            failed = []
            for one in cells:
                try:
                    with taken_back() if undone else nullcontext():
                        body(*args, **{name: one}, **kwargs)
                except Exception as error:
                    said = str(error) if isinstance(error, AssertionError) else repr(error)
                    line = traceback.extract_tb(error.__traceback__)[-1]
                    failed.append(f"{called(one)}: {said} (line {line.lineno} of {line.name})")
            assert not failed, f"{len(failed)} of {len(cells)}:\n" + "\n".join(failed)

        shape = inspect.signature(body)
        test.__signature__ = shape.replace(  # type: ignore[attr-defined]
            parameters=[part for part in shape.parameters.values() if part.name != name]
        )
        return test

    return decorate
