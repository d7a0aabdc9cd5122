"""Going through the steps of a close, from where it broke off, or from a step that is named."""

from collections.abc import Callable

from engine.clearing.close import CloseRefused
from gateway.batch.close import NOT_ASKED, Close
from gateway.batch.steps import NAMES, STEPS, Step


def carry_out(
    close: Close, first: str | None, last: str | None, tell: Callable[[str], None]
) -> None:
    """Do the steps up to `last`, all of them by default, and note each that is done.

    What is done already for the same commands, reference and files stays as it is, but from the
    step `first` on all is done anew.  Raises CloseRefused where a step before `first` is not done,
    and what the steps raise; steps done until then stay done.
    """
    done = close.ledger.done(close.run)
    start = NAMES.index(first) if first else len(STEPS)
    end = NAMES.index(last) + 1 if last else len(STEPS)
    for place, step in enumerate(STEPS[:end]):
        if place < start and is_done(close, step, done):
            tell(line(step, f"{done[step.name]} (before)"))
            continue
        if first and place < start and step.is_needed(close) and step.name not in done:
            raise CloseRefused(
                f"--from {first}: the step {step.name} before it is not done for this day as it is"
                " now; leave --from out"
            )
        if first and place < start:
            continue
        outcome = step.act(close)
        if outcome not in (NOT_ASKED, done.get(step.name)):
            close.ledger.note(step.name, close.run, outcome)
        tell(line(step, outcome))


def is_done(close: Close, step: Step, done: dict[str, str]) -> bool:
    return step.name in done and step.holds(close)


def line(step: Step, outcome: str) -> str:
    width = max(map(len, NAMES))
    return f"{step.name:{width}}  {outcome}"
