"""The least that any engine must do: read each command, write one report; no book.

Benchmarks compare the engine with it, since it moves with the machine's speed.
"""

from engine.kernels.kernel import entrance


@entrance
def floor(commands, reports):
    """Write into row n of `reports` what row n of `commands` says; return their count."""
    for index in range(len(commands)):
        command = commands[index]
        row = reports[index]
        row["sequence"] = command["sequence"]
        row["time"] = command["time"]
        row["order_number"] = command["order_number"]
        row["trade_number"] = 0
        row["price"] = command["price"]
        row["quantity"] = command["quantity"]
        row["leaves"] = command["quantity"]
        row["client_seq"] = command["client_seq"]
        row["request_seq"] = command["client_seq"]
        row["session"] = command["session"]
        row["account"] = command["account"]
        row["instrument"] = command["instrument"]
        row["kind"] = command["kind"]
        row["side"] = command["side"]
        row["reason"] = 0
        row["liquidity"] = 0
    return len(commands)
