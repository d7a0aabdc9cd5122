"""A kernel as Python calls it.

numba's dispatcher looks at the type of every arena at every call, which takes longer than a command
does and ten times as long as handing the arenas over.  But they are always the same, so that the
code found by the first call serves them all.
"""

from collections.abc import Callable

import numba


def entry(kernel: Callable[..., int]) -> Callable[..., int]:
    """Return a kernel to be called with arguments of the same types each time; none are checked."""
    if numba.config.DISABLE_JIT:
        return kernel

    def first(*arguments: object) -> int:
        nonlocal code
        result = kernel(*arguments)
        code = kernel.get_overload(tuple(numba.typeof(argument) for argument in arguments))
        return result

    def call(*arguments: object) -> int:
        return code(*arguments)

    code: Callable[..., int] = first
    return call
