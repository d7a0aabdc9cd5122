"""The way in: the conversation of one connection from Login over Challenge and Proof to its answer.

What a login asks for is looked at when its proof is right, so that nobody learns anything without a
password; and whoever is no user is treated like one in everything.
"""

from hmac import compare_digest
from secrets import token_bytes
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from gateway.doorkeeper import come_again
from gateway.reception import Reception
from protocol.framing import ProtocolViolation
from protocol.login import NONCE_BYTES, mac, masked, stored, transcript
from protocol.messages import Challenge, Login, LoginAccepted, LoginRejected, Message, Proof
from protocol.vocabulary import LoginReject, ProtocolFault

BUSY_MS = 1_000
"""After which to try again where too many first logins wait."""


class Peer(NamedTuple):
    """Who is at the other end: its address, and the branch that its certificate names.

    The branch is None where none is asked for, and 0 where the certificate names none.
    """

    address: str = ""
    branch: int | None = None


class Applicant(Protocol):
    """The session that wants in."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be sent."""

    def say(self, message: Message) -> None:
        """Send a message to the peer."""

    def admit(self, login: Login) -> LoginAccepted | LoginRejected:
        """Ask for a session for a user that may come in; whoever had it before gives way."""

    def open(self, login: Login, accepted: LoginAccepted) -> None:
        """Begin, as the venue has answered a login."""

    def refuse(self, rejected: LoginRejected) -> None:
        """Tell the peer why not, and end."""


class Entrance:
    """The way in of one connection; it tries once."""

    def __init__(self, reception: Reception, applicant: Applicant) -> None:
        self.reception = reception
        self.keeper = reception.doorkeeper
        self.applicant = applicant
        self.peer = Peer()
        self.user = ""
        self.login: Login | None = None
        self.is_proved = False

    def handle(self, message: Login | Proof) -> None:
        """Take the next step; raises ProtocolViolation where it is another's turn."""
        match message:
            case Login() if self.login is None:
                self.challenge_to(message)
            case Proof() if self.login is not None and not self.is_proved:
                self.is_proved = True
                self.prove(self.login, message.proof)
            case _:
                raise ProtocolViolation(
                    ProtocolFault.MESSAGE_UNEXPECTED,
                    "a login is one Login, then one Proof; wait for the answer to each",
                )

    def challenge_to(self, login: Login) -> None:
        """Tell what the proof is to be made of."""
        self.user = login.user
        if refusal := self.keeper.refusal(login.user, self.peer.address):
            self.applicant.refuse(refusal)
            return
        self.login = login
        self.credential = self.keeper.credentials.of(login.user)
        challenge = Challenge(
            self.credential.salt, self.credential.iterations, token_bytes(NONCE_BYTES)
        )
        self.said = transcript(login, challenge)
        self.applicant.say(challenge)

    def prove(self, login: Login, proof: bytes) -> None:
        """Check a proof: cheaply first, so that a wrong one costs the venue next to nothing."""
        keeper, stored_key = self.keeper, self.credential.stored_key
        refusal = keeper.refusal(login.user, self.peer.address)
        client_key = masked(proof, self.said, stored_key)
        is_right = compare_digest(stored(client_key), stored_key)
        if refusal:
            self.applicant.refuse(refusal)
        elif not is_right:
            keeper.note_failure(login.user, self.peer.address)
            self.applicant.refuse(wrong())
        elif login.user in keeper.verified:
            # A key with the stored digest is the very one whose argon2id hash was checked before.
            self.enter(login)
        elif keeper.key_checks.is_busy:
            text = "too many users log in for the first time"
            self.applicant.refuse(come_again(LoginReject.BUSY, text, BUSY_MS))
        else:
            keeper.key_checks.check(self.credential.hashed, client_key, self.take_checked)

    def take_checked(self, is_hashed: bool) -> None:
        """Go on when the argon2id hash has been checked."""
        assert self.login is not None
        if is_hashed:
            self.keeper.verified.add(self.login.user)
        if self.applicant.is_over:
            return
        if is_hashed:
            self.enter(self.login)
        else:
            self.applicant.refuse(wrong())

    def enter(self, login: Login) -> None:
        """Open the session of a user whose password is right, or say why not."""
        self.keeper.failures.forgive(login.user)
        refusal = self.reception.refusal(login, self.peer.branch)
        answer = refusal or self.applicant.admit(login)
        if isinstance(answer, LoginRejected):
            self.applicant.refuse(answer)
        else:
            server_proof = mac(self.credential.server_key, self.said)
            self.applicant.open(login, replace(answer, server_proof=server_proof))


def wrong() -> LoginRejected:
    return LoginRejected(LoginReject.UNKNOWN_USER_OR_PASSWORD, "check user name and password")
