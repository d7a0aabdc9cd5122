"""A way in to market data without a venue: alice, whose password is "...", may log in."""

from msgspec.structs import replace

from gateway.entrance import Applicant, Peer
from protocol.login import ITERATIONS_MIN, derive, mac, transcript
from protocol.messages import Challenge, Login, LoginAccepted, LoginRejected, Proof
from protocol.vocabulary import LoginReject, Role
from tests.commands import BUSINESS_DATE
from tests.quotes.watching import SHARE

PASSWORD = "..."
WELCOME = LoginAccepted(
    *(7, 1, 0, 0, BUSINESS_DATE, 1, 0, 10, "sync", [SHARE]), *(Role.TERMINAL, 1, b"")
)


class Porter:
    """The entrance of one connection."""

    def __init__(self, applicant: Applicant) -> None:
        self.applicant = applicant
        self.peer = Peer()

    def handle(self, message: Login | Proof) -> None:
        if isinstance(message, Proof):
            keys = derive(PASSWORD, self.challenge.salt, self.challenge.iterations)
            server_proof = mac(keys.server, transcript(self.login, self.challenge))
            self.applicant.open(self.login, replace(WELCOME, server_proof=server_proof))
        elif message.user == "alice":
            self.login = message
            self.challenge = Challenge(bytes(16), ITERATIONS_MIN, bytes(32))
            self.applicant.say(self.challenge)
        else:
            reason = LoginReject.UNKNOWN_USER_OR_PASSWORD
            self.applicant.refuse(LoginRejected(reason, "check user name and password"))


class OpenLobby:
    """Lets whoever Porter lets in have a session, and remembers who has left."""

    entrance = Porter

    def __init__(self) -> None:
        self.left: list[int] = []

    def leave(self, number: int) -> None:
        self.left.append(number)
