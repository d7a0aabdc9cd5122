"""How the tables of a database are named."""


def table_of(profile: str) -> str:
    """Return the name of a profile's table: that of gh/2016 is gh_2016."""
    return profile.replace("/", "_")
