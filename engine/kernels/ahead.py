"""Touching rows before they are needed, so that the cache misses of several commands overlap.

An order far back in a deep book is in no cache when its cancel comes.  First its slot is touched,
when that has arrived its row, and then its neighbours in the queue; and before all that the command
itself, since a batch need not be near either.  Nothing here changes the state, and a batch has the
same outcome without it.

Nothing here asks whether there is such an order, not even by max(): a choice that depends on what
was just loaded waits for the very memory that it should hide, and costs more than a touch in vain.
So NONE stands for the last row, and number 0 for that of NONE (docs/decisions/0008-speed.md).
"""

import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from engine.kernels.holdings import first_place, funds_at
from engine.kernels.kernel import kernel

COMMAND_AHEAD = 64
SLOT_AHEAD = 24
ORDER_AHEAD = 16
NEIGHBOURS_AHEAD = 8
FIRST_CURRENCY = 0


@kernel
def look_ahead(state, commands, done):
    """Touch what commands a little after `done` will need, if they name an order."""
    if done + SLOT_AHEAD < len(commands):
        touch(commands, done + COMMAND_AHEAD)
        touch(state.slots, commands[done + SLOT_AHEAD]["order_number"])
        touch(state.orders, slot_of(state, commands[done + ORDER_AHEAD]["order_number"]))
        order = state.orders[slot_of(state, commands[done + NEIGHBOURS_AHEAD]["order_number"])]
        touch(state.orders, order["older"])
        touch(state.orders, order["newer"])
        if state.venue[0]["with_accounts"]:
            look_for_accounts(state, commands, done)


@kernel
def look_for_accounts(state, commands, done):
    """Touch what accounts entering orders need, and those of orders to be canceled."""
    entering = commands[done + SLOT_AHEAD]
    touch(state.accounts, entering["account"])
    touch(state.windows, entering["account"])
    touch(state.funds, funds_at(entering["account"], FIRST_CURRENCY))
    touch(state.holding_table, first_place(state, entering["account"], entering["instrument"]))
    later = commands[done + ORDER_AHEAD]
    place = first_place(state, later["account"], later["instrument"])
    touch(state.holdings, state.holding_table[place])
    touch(state.stakes, slot_of(state, later["order_number"]))
    slot = slot_of(state, commands[done + NEIGHBOURS_AHEAD]["order_number"])
    touch_stake(state, slot)
    touch(state.holdings, state.stakes[slot]["holding"])


@kernel
def touch_stake(state, slot):
    """Touch what an open order holds, and the account and the funds that it is of."""
    touch(state.stakes, slot)
    touch(state.accounts, state.orders[slot]["account"])
    touch(state.windows, state.orders[slot]["account"])
    touch(state.funds, funds_at(state.orders[slot]["account"], FIRST_CURRENCY))


@kernel
def slot_of(state, order_number):
    """Return what `slots` says of a number that may be any."""
    return state.slots[min(max(order_number, 0), len(state.slots) - 1)]


if numba.config.DISABLE_JIT:

    def touch(rows, index):
        pass

else:

    @intrinsic
    def touch(context, rows, index):
        """Ask the processor for both ends of a row; any index is harmless, also one outside."""

        def generate(context, builder, signature, arguments):
            array = context.make_array(signature.args[0])(context, builder, arguments[0])
            place = context.cast(builder, arguments[1], signature.args[1], types.intp)
            base = builder.bitcast(array.data, cgutils.voidptr_t)
            first = builder.gep(base, [builder.mul(place, array.itemsize)])
            last = builder.gep(first, [builder.sub(array.itemsize, array.itemsize.type(1))])
            word = ir.IntType(32)
            form = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, word, word, word])
            prefetch = cgutils.get_or_insert_function(builder.module, form, "llvm.prefetch.p0")
            for byte in (first, last):
                builder.call(prefetch, [byte, word(0), word(3), word(1)])
            return context.get_dummy_value()

        return types.void(rows, index), generate
