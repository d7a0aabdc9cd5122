"""A server that does nothing but what every server must: the ceiling of all others.

It takes bytes and sends back so many for each of them: `python -m bench.reflector BACK`, where BACK
is the ratio.  It says on which port it listens, and goes on until it is ended.
"""

import asyncio
import subprocess
import sys
from typing import Self, cast

import uvloop

CHUNK_BYTES = 1 << 18
ZEROS = bytes(1 << 22)


class Reflection(asyncio.BufferedProtocol):
    """Answers bytes with zeros, at a ratio."""

    buffer = bytearray(CHUNK_BYTES)

    def __init__(self, back: float) -> None:
        self.back = back
        self.owed = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = cast(asyncio.Transport, transport)

    def get_buffer(self, sizehint: int) -> bytearray:
        """Return where the next bytes are to be put."""
        return self.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Send back what is owed for so many bytes."""
        self.owed += nbytes * self.back
        count = int(self.owed)
        self.owed -= count
        self.transport.write(ZEROS[:count])


async def serve(back: float) -> None:
    """Listen on any port of loopback for ever."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Reflection(back), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


class Reflector:
    """Such a server as a child process, from entering the context to leaving it."""

    def __init__(self, back: float) -> None:
        self.back = back

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.reflector", str(self.back)], stdout=subprocess.PIPE
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        return self

    def __exit__(self, *exception: object) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


if __name__ == "__main__":
    uvloop.run(serve(float(sys.argv[1])))
