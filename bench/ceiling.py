"""A server that does nothing but what every server must: the ceiling of all others.

It takes bytes and sends back so many for each of them: `python -m bench.ceiling BACK`, where BACK
is the ratio.  It says on which port it listens, and goes on until it is ended.
"""

import asyncio
import sys

import uvloop

CHUNK_BYTES = 1 << 18


class Reflector(asyncio.BufferedProtocol):
    """Answers bytes with zeros, at a ratio."""

    buffer = bytearray(CHUNK_BYTES)
    zeros = bytes(1 << 22)

    def __init__(self, back: float) -> None:
        self.back = back
        self.owed = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = transport

    def get_buffer(self, sizehint: int) -> bytearray:
        """Return where the next bytes are to be put."""
        return self.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Send back what is owed for so many bytes."""
        self.owed += nbytes * self.back
        count = int(self.owed)
        self.owed -= count
        self.transport.write(self.zeros[:count])


async def serve(back: float) -> None:
    """Listen on any port of loopback for ever."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Reflector(back), "127.0.0.1", 0)
    print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]},", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(float(sys.argv[1])))
