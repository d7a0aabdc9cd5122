"""Telling the compiler which way a branch seldom goes.

It then puts that way elsewhere and keeps its registers for the other, so that a plain order takes
an almost straight line past everything special that it might have been.
"""

import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

if numba.config.DISABLE_JIT:

    def seldom(condition):
        return condition

else:

    @intrinsic
    def seldom(context, condition):
        """Return a condition that is mostly false; it has to stand alone behind `if`."""

        def generate(context, builder, signature, arguments):
            bit = ir.IntType(1)
            form = ir.FunctionType(bit, [bit, bit])
            expect = cgutils.get_or_insert_function(builder.module, form, "llvm.expect.i1")
            value = context.cast(builder, arguments[0], signature.args[0], types.boolean)
            return builder.call(expect, [value, bit(0)])

        return types.boolean(condition), generate
