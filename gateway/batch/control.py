"""What lies on the disk of a day, held to the totals that its manifest promises."""

from decimal import Decimal

from engine.clearing.close import CloseRefused
from gateway.batch.close import Close
from protocol.files import manifest
from protocol.files.reading import digest_of

PARTITION = ("jsmx/2016", "sjsmx1/2016", "sjsmx2/2016", "nqhb/2016")
"""The profiles that tell each fill once."""


def control(close: Close) -> str:
    """See that what lies on the disk is what the manifest promises, and that its totals tie.

    Raises CloseRefused with the file that is not.
    """
    folder = close.daybook.clearing
    promised = manifest.read(folder)
    for entry in promised.files:
        if digest_of(folder / entry.name) != entry.sha256:
            raise CloseRefused(
                f"{folder / entry.name}: is not what the manifest promises; close the day again"
            )
    sums = {entry.profile: entry.totals for entry in promised.files}
    parts = [sums[profile] for profile in PARTITION if profile in sums]
    whole = next(totals for profile, totals in sums.items() if profile.startswith("fills/"))
    for name in ("quantity_bought", "quantity_sold", "turnover_bought", "turnover_sold"):
        told = [Decimal(totals[name]) for totals in parts]
        if PARTITION[0] in sums and sum(told) != Decimal(whole[name]):
            raise CloseRefused(
                f"{folder}: {name} is {whole[name]} in all fills and {sum(told)} in the files of"
                " the markets; check the day with cuohe verify"
            )
    return f"{len(promised.files)} files are as promised"
