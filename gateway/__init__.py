"""Everything that touches the world: sockets, clocks, files and people."""
