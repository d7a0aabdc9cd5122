"""The client library comes without what only the venue needs."""

import subprocess
import sys

HEAVY = ("numba", "llvmlite", "uvloop", "engine", "gateway", "bench")


def test_the_clients_need_neither_compiler_nor_venue():
    program = f"""
import sys
sys.modules.update(dict.fromkeys({HEAVY!r}))
import protocol.client, protocol.quotes, protocol.steady
print({{name.partition(".")[0] for name in sys.modules}} & {{"numpy", "msgspec"}} != set())
"""
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (told.stdout, told.stderr) == ("True\n", "")
