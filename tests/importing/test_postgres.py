"""PostgreSQL holds what SQLite holds, its amounts as decimals; a server of our own is started."""

import os
import pwd
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from engine.clearing.close import clear
from gateway.cli import main
from tests.clearing.days import small_day
from tests.importing.forgery import edit, replaced, seal

dbapi = pytest.importorskip("adbc_driver_postgresql.dbapi", reason="ADBC is not installed")
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
START_SECONDS = 60


def run_as() -> str:
    """Return the user that the server runs as: it refuses to run as root."""
    return "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Start a server on a free port of this machine and return its URL."""
    if not PROGRAMS:
        pytest.skip("there is no initdb under /usr/lib/postgresql")
    programs, user = PROGRAMS[-1].parent, run_as()
    as_user = {"user": user} if os.geteuid() == 0 else {}
    home = Path("/tmp") / f"cuohe-postgres-{os.getpid()}"
    home.mkdir(mode=0o755)
    if as_user:
        shutil.chown(home, user)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    control = [str(programs / "pg_ctl"), "-D", str(home / "data"), "-w", "-t", str(START_SECONDS)]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {home}"
    log = str(home / "log")
    try:
        for words in (
            [str(programs / "initdb"), "-D", str(home / "data"), "-U", "cuohe", "-A", "trust"],
            [*control, "-l", log, "-o", options, "start"],
        ):
            subprocess.run(
                words, check=True, stdout=subprocess.DEVNULL, cwd=home, timeout=120, **as_user
            )
        yield f"postgresql://cuohe@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run(
            [*control, "-m", "immediate", "stop"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=home,
            timeout=120,
            **as_user,
        )
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def directory(tmp_path):
    day = small_day()
    clear(day.commands, day.reports, tmp_path / "20260302")
    return tmp_path / "20260302"


def asked(server: str, question: str) -> list[tuple]:
    with dbapi.connect(server) as connection, connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchall()


def test_day_is_booked_once_with_exact_decimals_and_replaced_when_asked(server, directory, capsys):
    assert main(["import", str(directory), "--into", server]) == 0
    assert asked(server, "SELECT zqdm, cjjg, cjje, sqbh FROM gh_2016 WHERE record = 1") == [
        ("600519", "1800.550", "360110.00", "0000000011")
    ]
    shares = "SELECT count(*), sum(mxcjsl), sum(abs(mxqsbj)) FROM sjsmx1_2016"
    assert asked(server, shares) == [(4, "0.00", "20263.00")]
    assert main(["import", str(directory), "--into", server]) == 0
    assert "4 rows of gh_2016 stay as they are" in capsys.readouterr().out
    edit(directory / "fills.csv", replaced(b",11,AUCTION", b",19,AUCTION"))
    edit(directory / "gh.dbf", replaced(b"0000000011", b"0000000019"))
    seal(directory)
    assert main(["import", str(directory), "--into", server]) != 0
    number = "SELECT sqbh, business_date::text FROM gh_2016 WHERE record = 1"
    assert asked(server, number) == [("0000000011", "2026-03-02")]
    assert main(["import", str(directory), "--into", server, "--replace"]) == 0
    assert asked(server, number) == [("0000000019", "2026-03-02")]


def test_server_that_is_not_there_is_told(directory, capsys):
    assert main(["import", str(directory), "--into", "postgresql://cuohe@127.0.0.1:1/none"]) != 0
    assert "PostgreSQL cannot be reached" in "".join(capsys.readouterr())
