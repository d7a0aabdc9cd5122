"""What both ends of a wire or a file must agree on: words, units, messages, rows and files.

Nothing here knows the engine or needs numba, so terminals, load tools and import jobs can
install it alone.
"""
