"""The decorators of all compiled code.

`_nrt=False` leaves reference counting out, and so makes allocation in a kernel an error at compile
time; `nogil` lets the journal be written while a batch is matched; `forceinline` saves handing the
whole state from kernel to kernel, which costs more than what most of them do.
"""

from numba import njit

kernel = njit(cache=True, nogil=True, _nrt=False, forceinline=True)

rare = njit(cache=True, nogil=True, _nrt=False)
"""For what is called seldom: compiled once instead of into every caller."""
