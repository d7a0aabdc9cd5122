"""TLS: who may not see or speak is refused, one by one, and the venue goes on."""

import asyncio
import shutil
import socket
import ssl
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme
import uvloop

from bench.child import PASSWORD, ChildGateway
from gateway.cli import main
from gateway.config import ConfigError, TlsSettings
from gateway.tls import branch_in, venue_context
from protocol.client import BlockingClient, Client
from protocol.messages import Accepted, PhaseChanged
from protocol.terminal import LoginRefused, SessionEnded
from protocol.vocabulary import LoginReject, Phase, Side
from tests.gateway.conftest import configure, edit
from tests.gateway.orders import MOUTAI, PRICE

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

TLS = """
[tls]
certificate = "venue.pem"
key = "venue.key"
client_ca = "clients.pem"
handshake_seconds = 1
"""


class Papers:
    """Certificates in a folder: of the venue, of clients, and of those who sign them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.venues_ca, self.clients_ca, self.strangers_ca = (trustme.CA() for _ in range(3))
        self.venues_ca.cert_pem.write_to_path(folder / "venues.pem")
        self.clients_ca.cert_pem.write_to_path(folder / "clients.pem")
        self.strangers_ca.cert_pem.write_to_path(folder / "strangers.pem")
        self.issue("venue", self.venues_ca, "venue")
        self.issue("one", self.clients_ca, "branch 1")
        self.issue("two", self.clients_ca, "branch 2")
        self.issue("unnamed", self.clients_ca, "sales")
        self.issue("expired", self.clients_ca, "branch 1", not_after=LONG_AGO)
        self.issue("stranger", self.strangers_ca, "branch 1")

    def issue(self, name: str, ca: trustme.CA, unit: str, **options) -> None:
        issued = ca.issue_cert("127.0.0.1", organization_unit_name=unit, **options)
        issued.private_key_pem.write_to_path(self.folder / f"{name}.key")
        issued.cert_chain_pems[0].write_to_path(self.folder / f"{name}.pem")

    def context(self, name: str = "", ca: str = "venues") -> ssl.SSLContext:
        """Return how a client with this certificate speaks TLS with a venue signed by `ca`."""
        context = ssl.create_default_context(cafile=self.folder / f"{ca}.pem")
        if name:
            context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        return context


@pytest.fixture(scope="module")
def papers(tmp_path_factory) -> Papers:
    return Papers(tmp_path_factory.mktemp("papers"))


@pytest.fixture(scope="module")
def gateway(papers, tmp_path_factory) -> Iterator[ChildGateway]:
    folder = tmp_path_factory.mktemp("venue")
    shutil.copytree(papers.folder, folder, dirs_exist_ok=True)
    config = configure(folder)
    config.write_text(config.read_text(encoding="utf-8") + TLS, encoding="utf-8")
    with ChildGateway(config) as gateway:
        with dial(gateway, papers.context("one"), "operator") as operator:
            operator.change_phase(Phase.CONTINUOUS)
            assert isinstance(operator.receive(), PhaseChanged)
        yield gateway
    said = gateway.log.read_text(encoding="utf-8").splitlines()
    assert [line for line in said if not line.startswith(("login ", "session ", "operator "))] == []


def dial(gateway: ChildGateway, tls: ssl.SSLContext | None, user: str) -> BlockingClient:
    return BlockingClient(gateway.host, gateway.port, user, PASSWORD, next_report=0, tls=tls)


@pytest.fixture(autouse=True)
def goes_on(gateway, papers) -> Iterator[None]:
    """After each story, a terminal logs in and has an order accepted."""
    yield
    with dial(gateway, papers.context("two"), "terminal3") as bob:
        bob.enter(2001, MOUTAI, Side.BUY, PRICE, 100)
        assert isinstance(bob.receive(), Accepted)
    assert gateway.process.poll() is None


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_a_program_trades_over_tls(gateway, papers, run):
    async def trade() -> None:
        client = await Client.connect(
            gateway.host,
            gateway.port,
            "terminal1",
            PASSWORD,
            next_report=0,
            tls=papers.context("one"),
        )
        async with client:
            await client.enter(1001, MOUTAI, Side.BUY, PRICE, 100)
            assert isinstance(await client.receive(), Accepted)
            assert await client.log_out() == []

    run(trade())


def test_a_session_over_tls_ends_with_the_venues_last_word(gateway, papers):
    with dial(gateway, papers.context("one"), "terminal1") as alice:
        alice.write(b"\0\0\0\0")
        with pytest.raises(SessionEnded, match="FRAME_EMPTY"):
            alice.receive()


@pytest.mark.parametrize(("name", "text"), [("two", "of branch 2"), ("unnamed", "of branch none")])
def test_a_certificate_of_another_branch_opens_no_session(gateway, papers, name, text):
    with pytest.raises(LoginRefused, match=text) as refused:
        dial(gateway, papers.context(name), "terminal1")
    assert refused.value.reason is LoginReject.CERTIFICATE_OF_ANOTHER_BRANCH


@pytest.mark.parametrize("name", ["", "expired", "stranger"])
def test_a_client_without_a_certificate_that_holds_hears_nothing(gateway, papers, name):
    with pytest.raises((ssl.SSLError, ConnectionError, SessionEnded)):
        dial(gateway, papers.context(name), "terminal1")


def test_a_client_does_not_speak_with_a_venue_that_nobody_vouches_for(gateway, papers):
    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
        dial(gateway, papers.context("one", ca="strangers"), "terminal1")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_versions_of_tls_are_refused(gateway, papers, version):
    context = papers.context("one")
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    with pytest.raises((ssl.SSLError, ConnectionError)):
        dial(gateway, context, "terminal1")


def test_tls_1_2_is_taken(gateway, papers):
    context = papers.context("one")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with dial(gateway, context, "terminal1") as alice:
        assert alice.socket.version() == "TLSv1.2"


def test_plain_text_is_no_tls(gateway):
    with pytest.raises((SessionEnded, ConnectionError)):
        dial(gateway, None, "terminal1")


def test_who_never_says_hello_is_cut(gateway):
    with socket.create_connection((gateway.host, gateway.port), timeout=20) as line:
        assert line.recv(1) == b""


def test_commands_speak_tls(gateway, papers, monkeypatch, capsys):
    monkeypatch.setenv("CUOHE_PASSWORD", PASSWORD)

    def say(*words: str) -> tuple[int, str]:
        where = ("--port", str(gateway.port), "--user", "terminal1")
        status = main(["ask", "orders", "1001", *where, *words])
        return status, capsys.readouterr().err

    ca, cert, key = (str(papers.folder / name) for name in ("venues.pem", "one.pem", "one.key"))
    assert say("--tls-ca", ca, "--tls-cert", cert, "--tls-key", key) == (0, "")
    status, said = say("--tls-ca", str(papers.folder / "strangers.pem"))
    assert status == 1 and "no TLS: CERTIFICATE_VERIFY_FAILED; compare --tls-ca with" in said
    status, said = say("--tls-cert", cert)
    assert status == 1 and "--tls-cert and --tls-key go with --tls-ca; name that, too" in said
    status, said = say("--tls-ca", "nowhere.pem")
    assert status == 1 and "No such file or directory; name files in PEM" in said


def test_a_context_of_the_venue_takes_no_renegotiation(papers):
    names = (str(papers.folder / name) for name in ("venue.pem", "venue.key", "clients.pem"))
    context = venue_context(TlsSettings(*names))
    assert context.options & ssl.OP_NO_RENEGOTIATION
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize(
    ("certificate", "key", "client_ca", "reason"),
    [
        ("nowhere.pem", "venue.key", "", "No such file or directory; name a chain and its key"),
        ("venue.pem", "one.key", "", "KEY_VALUES_MISMATCH; name a chain and its key"),
        ("venue.pem", "venue.pem", "", "; name a chain and its key"),
        ("venue.pem", "venue.key", "nowhere.pem", "No such file or directory; name certificates"),
        ("venue.pem", "venue.key", "venue.key", "; name certificates in PEM"),
    ],
)
def test_papers_that_cannot_be_used_are_refused_by_name(
    papers, certificate, key, client_ca, reason
):
    names = [str(papers.folder / name) if name else "" for name in (certificate, key, client_ca)]
    with pytest.raises(ConfigError) as refused:
        venue_context(TlsSettings(*names))
    assert str(refused.value).startswith("tls: ") and reason in str(refused.value)


@pytest.mark.parametrize(
    ("units", "branch"),
    [
        (["branch 1"], 1),
        (["branch 4294967296"], 4294967296),
        (["branch 0"], 0),
        (["branch 01"], 0),
        (["branch 1 "], 0),
        (["Branch 1"], 0),
        (["branch 1", "branch 2"], 0),
        ([], 0),
    ],
)
def test_the_branch_of_a_certificate_is_its_one_organisational_unit(units, branch):
    subject = [(("organizationName", "branch 9"),)]
    subject += [(("organizationalUnitName", unit),) for unit in units]
    assert branch_in({"subject": subject}) == branch


def test_a_venue_without_client_certificates_speaks_tls_with_everybody(papers, tmp_path):
    shutil.copytree(papers.folder, tmp_path, dirs_exist_ok=True)
    config = configure(tmp_path)
    config.write_text(config.read_text(encoding="utf-8") + TLS, encoding="utf-8")
    edit(config, 'client_ca = "clients.pem"\n', "")
    with ChildGateway(config) as gateway, dial(gateway, papers.context(), "terminal1") as alice:
        assert alice.socket.version() == "TLSv1.3"
        with dial(gateway, papers.context("two"), "terminal2"):
            pass
