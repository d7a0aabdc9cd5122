"""Subcommands of `cuohe` that need no more than the gateway; see gateway/cli.py."""
