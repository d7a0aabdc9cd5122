"""What all actions of `cuohe ops` have in common.

An action sets `act` among the arguments, which does what they say and returns the exit status.
"""

import argparse
from collections.abc import Callable
from typing import TypeAlias

Actions: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Act: TypeAlias = Callable[[argparse.Namespace], int]


def add_action(actions: Actions, name: str, summary: str, act: Act) -> argparse.ArgumentParser:
    """Add an action; what it needs to know is added to what this returns."""
    action = actions.add_parser(name, help=summary, description=summary)
    action.set_defaults(act=act)
    return action
