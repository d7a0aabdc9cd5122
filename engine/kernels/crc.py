"""CRC-32C, eight bytes at a time: by the processor's own instruction, or else by tables.

Castagnoli's polynomial, reflected, as in RFC 3720 section 12.1.
"""

import llvmlite.binding
import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core.cgutils import get_or_insert_function
from numba.extending import intrinsic

from engine.kernels.kernel import kernel

POLYNOMIAL = 0x82F63B78
HAS_INSTRUCTION = not numba.config.DISABLE_JIT and bool(
    llvmlite.binding.get_host_cpu_features().get("sse4.2")
)


def crc_tables() -> np.ndarray:
    """Return the (8, 256) tables: row n moves a byte's remainder past n further bytes."""
    tables = np.zeros((8, 256), np.uint32)
    remainders = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        odd = remainders & np.uint32(1)
        remainders = (remainders >> np.uint32(1)) ^ (odd * np.uint32(POLYNOMIAL))
    tables[0] = remainders
    for further in range(1, 8):
        before = tables[further - 1]
        tables[further] = (before >> np.uint32(8)) ^ remainders[before & np.uint32(255)]
    return tables


TABLES = crc_tables()
BYTE = np.uint32(255)
ONE, TWO, THREE = np.uint32(8), np.uint32(16), np.uint32(24)


@kernel
def step_by_table(remainder, low, high):
    """Return the remainder (u4) behind two further words (u4)."""
    low = low ^ remainder
    return (
        TABLES[7, low & BYTE]
        ^ TABLES[6, (low >> ONE) & BYTE]
        ^ TABLES[5, (low >> TWO) & BYTE]
        ^ TABLES[4, low >> THREE]
        ^ TABLES[3, high & BYTE]
        ^ TABLES[2, (high >> ONE) & BYTE]
        ^ TABLES[1, (high >> TWO) & BYTE]
        ^ TABLES[0, high >> THREE]
    )


@intrinsic
def instruction(typing_context, remainder, words):
    """Return the remainder (u8) behind eight bytes, by SSE 4.2."""
    wide = ir.IntType(64)

    def generate(context, builder, signature, arguments):
        form = ir.FunctionType(wide, [wide, wide])
        crc32 = get_or_insert_function(builder.module, form, "llvm.x86.sse42.crc32.64.64")
        return builder.call(crc32, arguments)

    return types.uint64(types.uint64, types.uint64), generate


@kernel
def step_by_instruction(remainder, low, high):
    """Return the remainder (u4) behind two further words (u4)."""
    words = np.uint64(low) | (np.uint64(high) << np.uint64(32))
    return np.uint32(instruction(np.uint64(remainder), words))


step = step_by_instruction if HAS_INSTRUCTION else step_by_table
