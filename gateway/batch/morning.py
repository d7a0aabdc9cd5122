"""The folder with which the next day begins: accounts, what comes due, instruments, reference."""

from engine.clearing import entitlements, lots
from engine.clearing.actions import load_actions
from engine.clearing.morning import Files, morning_files
from engine.clearing.next_listings import next_instruments
from engine.clearing.prices import day_prices
from engine.listings import symbols_of
from gateway.batch.close import Close

REFERENCE = "reference"
"""The folder in it that the next day's close looks at."""


def morning_of(close: Close) -> Files:
    """Return the bytes of each file, by its path in the folder.

    Raises what engine.clearing.morning does, and ColumnError and InstrumentError where a file of
    the day is wrong.
    """
    day, night = close.day, close.night
    symbols = symbols_of(day.commands)
    kept = {path.name: path.read_bytes() for path in close.daybook.reference.glob("*.csv")}
    own = {
        "lots.csv": lots.spelled(night.lots),
        "entitlements.csv": entitlements.spelled(night.carried),
    }
    files = morning_files(day.venue.state, symbols)
    files |= {f"{REFERENCE}/{name}": content for name, content in (kept | own).items()}
    files["entries.csv"] = entitlements.spelled(night.entries)
    codes = [("symbol", "to_symbol"), *night.codes]
    files["codes.csv"] = "".join(f"{old},{new}\n" for old, new in codes).encode()
    if close.asked.instruments is not None:
        closes = {
            symbol: (int(price), int(tick))
            for symbol, price, tick in zip(
                symbols,
                day_prices(day.commands, day.reports)["close"],
                close.closed.listed["tick"],
                strict=True,
            )
        }
        actions = load_actions(close.daybook.reference, close.reference.calendars)
        files["instruments.csv"] = next_instruments(
            close.asked.instruments, closes, actions, night.next_date
        )
    return files
