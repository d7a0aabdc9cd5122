"""The closed days that documents are made of, made once."""

import shutil
from pathlib import Path

import pytest

from tests.notes.days import three_days, traded_day


@pytest.fixture(scope="session")
def closed_days(tmp_path_factory) -> Path:
    """Three closed days in a row; tests that change them take a copy."""
    data = tmp_path_factory.mktemp("closed")
    three_days(data)
    return data


@pytest.fixture
def data(closed_days, tmp_path) -> Path:
    """Three closed days, to be changed."""
    return Path(shutil.copytree(closed_days, tmp_path / "data"))


@pytest.fixture(scope="session")
def day(tmp_path_factory) -> Path:
    """A closed day of five orders and a bonus."""
    return traded_day(tmp_path_factory.mktemp("one"))
