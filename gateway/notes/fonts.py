"""Where a font lies that has Chinese characters, and can be embedded: TrueType, alone or in a
collection."""

from pathlib import Path

from protocol.mistake import Mistake

USUAL = (
    Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"),
    Path("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc"),
    Path("/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf"),
    Path("/usr/share/fonts/truetype/arphic-gbsn00lp/gbsn00lp.ttf"),
    Path("/Library/Fonts/Arial Unicode.ttf"),
    Path("C:/Windows/Fonts/simhei.ttf"),
)
"""Looked for in this order where no font is named."""


def font_file(named: Path | None = None) -> Path:
    """Return the font that was named, or the first of the usual ones; raise Mistake without any."""
    if named:
        if not named.is_file():
            raise Mistake(f"{named}: there is no such font; name a TrueType font with --font")
        return named
    for path in USUAL:
        if path.is_file():
            return path
    raise Mistake(
        "there is no font with Chinese characters in the usual places; install the package"
        " fonts-wqy-microhei, or name a TrueType font with --font"
    )
