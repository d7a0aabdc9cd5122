"""What a login is told at every port of the venue: who may come in, and what the session is."""

from collections.abc import Sequence

from engine.permissions import Service
from gateway.config import Config
from gateway.doorkeeper import Doorkeeper
from protocol.messages import VERSION, Login, LoginAccepted, LoginRejected
from protocol.vocabulary import LoginReject, Reach


class Reception:
    """Knows the users of a day, and what each may use.

    A user's session number is its place in the configuration, counted from 1.
    """

    def __init__(
        self, config: Config, business_date: int, symbols: Sequence[str], doorkeeper: Doorkeeper
    ) -> None:
        self.config = config
        self.business_date = business_date
        self.symbols = list(symbols)
        self.doorkeeper = doorkeeper
        self.users = {user.name: (number, user) for number, user in enumerate(config.users, 1)}

    def number_of(self, login: Login) -> int:
        """Return the session number of a user whose password was right."""
        return self.users[login.user][0]

    def colleagues_of(self, login: Login) -> Sequence[int]:
        """Return the session numbers of all users of a user's branch, its own among them."""
        branch = self.users[login.user][1].branch
        return [number for number, user in self.users.values() if user.branch == branch]

    def want_of_right(self, login: Login, service: Service, least: Reach) -> LoginRejected | None:
        """Return that a user's role may not have a service so far; None where it may."""
        _, user = self.users[login.user]
        reach = user.reach_of(service)
        if reach >= least:
            return None
        text = (
            f"this needs {service} for {least.name}, and the role {user.acts_as.name} has it for "
            f"{reach.name}; use a user of another role"
        )
        return LoginRejected(LoginReject.NOT_PERMITTED, text)

    def refusal(self, login: Login, certified: int | None) -> LoginRejected | None:
        """Return why a user whose password was right may not come in; None where it may.

        `certified` is the branch that the peer's certificate names, None where none is asked for.
        """
        _, user = self.users[login.user]
        if login.version != VERSION:
            return LoginRejected(LoginReject.VERSION_NOT_SUPPORTED, f"this venue speaks {VERSION}")
        if login.business_date not in (0, self.business_date):
            return LoginRejected(LoginReject.WRONG_BUSINESS_DATE, f"today is {self.business_date}")
        if certified is not None and certified != user.branch:
            text = f"the certificate is of branch {certified or 'none'}"
            return LoginRejected(LoginReject.CERTIFICATE_OF_ANOTHER_BRANCH, text)
        return None

    def welcome(self, login: Login, next_report: int = 1, client_seq: int = 0) -> LoginAccepted:
        """Return the answer to a login, but for the venue's proof.

        `next_report` is the number of the next new one, and `client_seq` the last that was heard.
        """
        number, user = self.users[login.user]
        branch, settings = self.config.branch_of(user), self.config.venue
        return LoginAccepted(
            number,
            branch.number,
            branch.account_first,
            branch.account_last,
            self.business_date,
            next_report,
            client_seq,
            settings.agreed_heartbeat(login.heartbeat_seconds),
            settings.journal,
            self.symbols,
            user.acts_as,
            settings.agreed_in_flight(login.in_flight_max),
            b"",
        )
