"""The decorators of all compiled code.

`_nrt=False` leaves reference counting out, and so makes allocation in a kernel an error at compile
time; `nogil` lets the journal be written while a batch is matched.  What only kernels call needs no
wrapper for Python, whose making would take as long as all the rest.
"""

from functools import partial

from numba import njit

compiled = partial(njit, nogil=True, _nrt=False, no_cfunc_wrapper=True)

kernel = compiled(no_cpython_wrapper=True, forceinline=True)
"""Goes into its callers: handing the whole state over costs more than what most kernels do."""

rare = compiled(no_cpython_wrapper=True)
"""For what is called seldom: compiled once instead of into every caller."""

entrance = compiled(cache=True)
"""For what Python calls; the cache keeps it with all that it calls."""
