"""Passwords at rest: verifiers, the secret under which they are sealed, and `cuohe passwd`."""

import asyncio
import shutil
import stat
import sys
import threading
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from gateway import passwords as passwords_module
from gateway.cli import main
from gateway.config import DEFAULTS, ConfigError, load_config
from gateway.credentials import Credentials
from gateway.passwords import LEAST_COST, USUAL_COST, KeyChecks, is_hashed, is_weak, verifier_of
from gateway.secret import SecretError, load_secret, make_secret
from gateway.verifier import Verifier, VerifierError, parse_verifier
from protocol.login import derive, stored
from protocol.mistake import Mistake
from tests.gateway.exchange import PASSWORDS

SECRET = bytes(range(32))
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return verifier_of("alice", PASSWORD, SECRET, LEAST_COST)


def test_a_verifier_holds_what_a_proof_is_checked_with(verifier):
    credential = parse_verifier(str(verifier)).open("alice", SECRET)
    keys = derive(PASSWORD, verifier.salt, LEAST_COST.iterations)
    assert (credential.stored_key, credential.server_key) == (stored(keys.client), keys.server)
    assert is_hashed(credential.hashed, keys.client)
    assert not is_hashed(credential.hashed, keys.server)


def test_the_hash_is_argon2id_as_others_have_it(verifier):
    keys = derive(PASSWORD, verifier.salt, LEAST_COST.iterations)
    assert PasswordHasher().verify(verifier.hashed, keys.client)
    assert verifier.hashed.startswith("$argon2id$v=19$m=8,t=1,p=1$")


def test_no_verifier_is_like_another_and_none_tells_a_key(verifier):
    again = verifier_of("alice", PASSWORD, SECRET, LEAST_COST)
    assert again.salt != verifier.salt and again.hashed != verifier.hashed
    keys = derive(PASSWORD, verifier.salt, LEAST_COST.iterations)
    held = b64decode(str(verifier).split("$")[3])
    for key in (keys.client, keys.server, stored(keys.client)):
        assert key not in held


def test_a_password_that_is_set_costs_what_the_decision_says():
    assert (USUAL_COST.iterations, USUAL_COST.passes, USUAL_COST.kibibytes) == (100_000, 2, 19_456)


def changed(verifier: Verifier) -> dict[str, tuple[str, bytes, Verifier]]:
    """Return what must not open: by what has changed, user, secret and verifier."""
    salt = bytes(16)
    other_hash = verifier_of("alice", PASSWORD, SECRET, LEAST_COST).hashed
    found = {
        "the user": ("bob", SECRET, verifier),
        "the secret": ("alice", bytes(32), verifier),
        "the iterations": ("alice", SECRET, verifier._replace(iterations=5_000)),
        "the salt": ("alice", SECRET, verifier._replace(salt=salt)),
        "the hash": ("alice", SECRET, verifier._replace(hashed=other_hash)),
        "its length": ("alice", SECRET, verifier._replace(sealed=verifier.sealed[1:])),
        "everything": ("alice", SECRET, verifier._replace(sealed=b"")),
    }
    for place in range(0, len(verifier.sealed), 7):
        sealed = bytearray(verifier.sealed)
        sealed[place] ^= 1
        found[f"byte {place}"] = ("alice", SECRET, verifier._replace(sealed=bytes(sealed)))
    return found


def test_a_seal_opens_for_its_user_under_its_secret_and_as_it_was_made(verifier):
    for user, secret, other in changed(verifier).values():
        with pytest.raises(
            VerifierError, match="not sealed for this user under the venue's secret"
        ):
            other.open(user, secret)


def test_a_configuration_whose_verifier_does_not_open_is_refused():
    users = load_config(DEFAULTS / "venue.toml").users
    with pytest.raises(ConfigError, match="users: the verifier of 'alice': it was not sealed"):
        Credentials(users, SECRET)


def test_the_default_venue_has_the_passwords_that_the_readme_tells():
    config = load_config(DEFAULTS / "venue.toml")
    credentials = Credentials(config.users, load_secret(Path(config.venue.secret)))
    for user, password in PASSWORDS.items():
        credential = credentials.of(user)
        keys = derive(password, credential.salt, credential.iterations)
        assert stored(keys.client) == credential.stored_key
        assert is_hashed(credential.hashed, keys.client)


def test_a_new_secret_is_for_its_owner_only_and_never_written_over(tmp_path):
    path = tmp_path / "venue.secret"
    assert main(["passwd", "--secret", str(path)]) == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    secret = load_secret(path)
    assert len(secret) == 32
    with pytest.raises(SecretError, match="is there already, and verifiers may be sealed under it"):
        make_secret(path)
    assert load_secret(path) == secret


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o777])
def test_a_secret_that_others_may_use_is_refused(tmp_path, mode):
    path = tmp_path / "venue.secret"
    make_secret(path)
    path.chmod(mode)
    with pytest.raises(SecretError, match=rf"its mode is {mode:04o}; chmod 600 it"):
        load_secret(path)


def test_the_secret_for_trying_out_may_be_read_by_all_and_warns(tmp_path, caplog):
    path = tmp_path / "example.secret"
    shutil.copy(DEFAULTS / "example.secret", path)
    path.chmod(0o644)
    assert len(load_secret(path)) == 32
    assert caplog.messages == [f"{path}: everybody knows this secret; it is for trying out only"]


@pytest.mark.parametrize(
    "content", ["", "cuohe secret \n", "cuohe secret 0123\n", "secret " + "0" * 64 + "\n", "é" * 80]
)
def test_what_is_no_secret_is_refused(tmp_path, content):
    path = tmp_path / "venue.secret"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SecretError, match=f"{path}: is no secret; make one with cuohe passwd"):
        load_secret(path)


def test_a_secret_that_is_missing_is_asked_for(tmp_path):
    with pytest.raises(SecretError, match=r"cannot be read: No such file .* name another"):
        load_secret(tmp_path / "venue.secret")


async def checked(checks: KeyChecks, hashed: str, keys: list[bytes]) -> list[bool]:
    found: list[bool] = []
    is_done = asyncio.Event()

    def take(is_right: bool) -> None:
        assert threading.current_thread() is threading.main_thread()
        found.append(is_right)
        if len(found) == len(keys):
            is_done.set()

    for key in keys:
        checks.check(hashed, key, take)
    await asyncio.wait_for(is_done.wait(), 60)
    return found


@pytest.fixture
def checks():
    checks = KeyChecks()
    yield checks
    checks.close()


def test_keys_are_checked_on_threads_of_their_own_and_answered_on_the_loop(
    checks, verifier, monkeypatch
):
    threads = set()

    def is_hashed_here(hashed: str, key: bytes) -> bool:
        threads.add(threading.current_thread().name.split("_")[0])
        return is_hashed(hashed, key)

    monkeypatch.setattr(passwords_module, "is_hashed", is_hashed_here)
    right = derive(PASSWORD, verifier.salt, LEAST_COST.iterations).client
    found = asyncio.run(checked(checks, verifier.hashed, [right, bytes(32)] * 20))
    assert sorted(found) == [False] * 20 + [True] * 20
    assert threads == {"passwords"} and checks.waiting == 0


def test_no_more_than_256_keys_wait(checks, verifier, monkeypatch):
    gate = threading.Event()
    monkeypatch.setattr(passwords_module, "is_hashed", lambda *_: gate.wait(60))

    async def fill() -> None:
        waiting = asyncio.create_task(checked(checks, verifier.hashed, [bytes(32)] * 256))
        await asyncio.sleep(0)
        assert checks.is_busy
        gate.set()
        assert all(await waiting)
        assert not checks.is_busy

    asyncio.run(fill())


def test_a_check_that_fails_opens_nothing_and_is_logged(checks, verifier, monkeypatch, caplog):
    def run_out(*_) -> bool:
        raise MemoryError("no room for 19 MiB")

    monkeypatch.setattr(passwords_module, "is_hashed", run_out)
    assert asyncio.run(checked(checks, verifier.hashed, [bytes(32)])) == [False]
    assert caplog.messages == ["a password could not be checked: no room for 19 MiB"]


def test_without_the_library_that_hashes_nothing_begins(monkeypatch):
    monkeypatch.setitem(sys.modules, "argon2", None)
    with pytest.raises(Mistake, match="passwords need argon2-cffi; pip install"):
        KeyChecks()


@pytest.fixture
def venue(tmp_path) -> Path:
    """A copy of the default venue, with a comment and other line ends where passwd writes."""
    shutil.copytree(DEFAULTS, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "venue.toml"
    lines = path.read_bytes().replace(b'"\nbranch = 2', b'"  # of bob\r\nbranch = 2')
    path.write_bytes(b"# \xe2\x80\xa8 is no line end\n" + lines + b"# no line end at the end")
    path.chmod(0o640)
    return path


@pytest.fixture
def cheap(monkeypatch) -> None:
    monkeypatch.setattr(verifier_of, "__defaults__", (LEAST_COST,))


def credential_of(venue: Path, user: str):
    config = load_config(venue)
    return Credentials(config.users, load_secret(Path(config.venue.secret))).of(user)


def has_password(venue: Path, user: str, password: str) -> bool:
    credential = credential_of(venue, user)
    return credential.stored_key == stored(
        derive(password, credential.salt, credential.iterations).client
    )


@pytest.mark.parametrize("user", list(PASSWORDS))
def test_a_password_is_changed_in_its_line_and_all_else_stays_byte_for_byte(
    venue, user, cheap, monkeypatch, capsys
):
    monkeypatch.setenv("CUOHE_PASSWORD", PASSWORD)
    before = venue.read_bytes().split(b"\n")
    assert main(["passwd", user, "--config", str(venue)]) == 0
    assert capsys.readouterr().out == (
        f"{venue}: {user} has a new password, from the venue's next start on\n"
    )
    after = venue.read_bytes().split(b"\n")
    (line,) = [number for number, one in enumerate(before) if one != after[number]]
    assert len(before) == len(after) and before[line - 1] == f'name = "{user}"'.encode()
    assert before[line].partition(b'"  #')[1:] == after[line].partition(b'"  #')[1:]
    assert stat.S_IMODE(venue.stat().st_mode) == 0o640
    assert list(venue.parent.glob(".*")) == []
    for other, password in PASSWORDS.items():
        assert has_password(venue, other, PASSWORD if other == user else password)


def test_a_password_is_asked_for_twice(venue, cheap, monkeypatch, capsys):
    monkeypatch.delenv("CUOHE_PASSWORD", raising=False)
    typed = [PASSWORD, PASSWORD, PASSWORD, "correct horse butter"]
    monkeypatch.setattr("getpass.getpass", lambda prompt: typed.pop(0))
    command = ["passwd", "bob", "--config", str(venue)]
    assert main(command) == 0 and has_password(venue, "bob", PASSWORD)
    before = venue.read_bytes()
    assert main(command) == 1 and venue.read_bytes() == before
    assert capsys.readouterr().err.endswith("the two passwords differ; nothing was changed\n")


def test_without_a_terminal_a_password_comes_another_way(venue, monkeypatch, capsys):
    def ask(prompt: str) -> str:
        raise EOFError

    monkeypatch.delenv("CUOHE_PASSWORD", raising=False)
    monkeypatch.setattr("getpass.getpass", ask)
    assert main(["passwd", "bob", "--config", str(venue)]) == 1
    assert "no terminal to ask for a password; use --stdin, or" in capsys.readouterr().err


def test_a_password_comes_from_stdin_and_its_verifier_may_be_printed(
    venue, cheap, monkeypatch, capsys
):
    before = venue.read_bytes()
    with (venue.parent / "typed").open("w+") as typed:
        typed.write(f"{PASSWORD}\n")
        typed.seek(0)
        monkeypatch.setattr("sys.stdin", typed)
        assert main(["passwd", "carol", "--stdin", "--print", "--config", str(venue)]) == 0
    line = capsys.readouterr().out
    assert venue.read_bytes() == before
    venue.write_bytes(before + f'\n[[users]]\nname = "carol"\n{line}branch = 1\n'.encode())
    assert has_password(venue, "carol", PASSWORD)


@pytest.mark.parametrize(
    "password",
    ["eleven char", "x" * 257, "aaaaabbbbbcccccddddd", "correct alice battery", "correct hörse\t"],
    ids=["short", "long", "monotonous", "the name", "no ASCII"],
)
def test_a_weak_password_is_refused_with_the_rule(venue, password, monkeypatch, capsys):
    before = venue.read_bytes()
    monkeypatch.setenv("CUOHE_PASSWORD", password)
    assert is_weak(password, "alice")
    assert main(["passwd", "alice", "--config", str(venue)]) == 1
    assert venue.read_bytes() == before
    assert "the password is too weak; take at least 12 and at most" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        ((b'name = "alice"', b'name = "carol"'), "has no user 'alice'; add it under [[users]]"),
        ((b'verifier = "scram', b"verifier = '''scram"), "is no TOML"),
    ],
    ids=["no such user", "no TOML"],
)
def test_what_cannot_be_changed_is_left_alone(venue, cheap, edit, reason, monkeypatch, capsys):
    monkeypatch.setenv("CUOHE_PASSWORD", PASSWORD)
    venue.write_bytes(venue.read_bytes().replace(*edit, 1))
    before = venue.read_bytes()
    assert main(["passwd", "alice", "--config", str(venue)]) == 1
    assert reason in capsys.readouterr().err
    assert venue.read_bytes() == before


def test_a_verifier_must_stand_on_a_line_of_its_own(venue, cheap, monkeypatch, capsys):
    monkeypatch.setenv("CUOHE_PASSWORD", PASSWORD)
    text = venue.read_text(encoding="utf-8")
    sealed = text.split('verifier = "')[1].split('"')[0]
    venue.write_text(text.replace(f'"{sealed}"', f'"""\\\n{sealed}"""'), encoding="utf-8")
    before = venue.read_bytes()
    assert main(["passwd", "alice", "--config", str(venue)]) == 1
    assert "is not the verifier of 'alice'; write verifier = \"\" there" in capsys.readouterr().err
    assert venue.read_bytes() == before


def test_a_line_within_another_setting_is_no_verifier(venue, cheap, monkeypatch, capsys):
    monkeypatch.setenv("CUOHE_PASSWORD", PASSWORD)
    tricky = "name = '''\n[[users]]\nverifier = \"\"\n'''"
    text = venue.read_text(encoding="utf-8").replace('name = "上海淮海路"', tricky)
    venue.write_text(text, encoding="utf-8")
    assert main(["passwd", "alice", "--config", str(venue)]) == 1
    assert "cannot be changed in one line; put the verifier there" in capsys.readouterr().err
    assert venue.read_text(encoding="utf-8") == text


def test_a_user_that_never_had_a_password_gets_one(venue, cheap, monkeypatch):
    monkeypatch.setenv("CUOHE_PASSWORD", PASSWORD)
    text = venue.read_text(encoding="utf-8")
    old = text.split("verifier = ")[1].split("\n")[0]
    venue.write_text(text.replace(old, "''"), encoding="utf-8")
    assert not has_password(venue, "alice", "")
    assert main(["passwd", "alice", "--config", str(venue)]) == 0
    assert has_password(venue, "alice", PASSWORD)


def test_a_verifier_in_its_text_is_what_it_was(verifier):
    assert parse_verifier(str(verifier)) == verifier
    parts = str(verifier).split("$")
    assert parts[:2] == ["scram-sha-256", "4096"]
    assert b64encode(verifier.salt).decode() == parts[2]
