"""The errors that a user can cause and mend."""


class Mistake(Exception):
    """Something a user can put right; the text names the thing, the reason and the remedy.

    Commands print it as one line, without a traceback.
    """
