"""A terminal for one user, from docs/protocol/order-entry.md alone: terminal.py HOST PORT USER.

The first line of its input is the password; each further one is a request, which is sent when the
one before has its answer:

    enter ACCOUNT INSTRUMENT buy|sell QUANTITY PRICE
    cancel CLIENT_SEQ

It prints each report: its number, its name, and its fields without the time.  Behind a cut it comes
back, hears what it missed, and sends again what has no answer; behind the last line it logs out.
"""

import hashlib
import hmac
import os
import select
import socket
import struct
import sys
import time
from fractions import Fraction
from operator import xor

import msgpack

LOGIN, LOGOUT, HEARTBEAT, ENTER_ORDER, CANCEL_ORDER, PROOF = 1, 2, 3, 4, 5, 24
LOGIN_ACCEPTED, LOGIN_REJECTED, PROTOCOL_ERROR, REFUSED, CHALLENGE = 32, 33, 34, 35, 37
NAMES = ["ACCEPTED", "REJECTED", "TRADED", "CANCELED", "EXPIRED", "PHASE_CHANGED", "DAY_ENDED"]
ANSWERED = {48: 2, 49: 2, 51: 3, REFUSED: 0}  # Which field is the client_seq of the request.
MENDED = {LOGIN_REJECTED: (1, 2), PROTOCOL_ERROR: (3, 8)}  # LOCKED, BUSY; TRUNCATED, TOO_SLOW.
TAKEN_OVER = "the user has logged in anew"
TRIES, SECONDS = 100, 5.0


def mac(key, message):
    return hmac.digest(key, message, "sha256")


class Terminal:
    def __init__(self, host, port, user, password):
        self.venue, self.user, self.password = (host, port), user, password
        self.next_report, self.client_seq, self.business_date = 1, 0, 0
        self.request, self.heartbeat_seconds, self.is_over = None, 10, False

    def send(self, *message):
        body = msgpack.packb(message)
        self.socket.sendall(struct.pack("<I", len(body)) + body)
        self.sent_at = time.monotonic()

    def hear(self):
        """Read what has come, and take the whole messages in it."""
        if not (data := self.socket.recv(1 << 16)):
            raise ConnectionError("the venue has closed the connection")
        self.rest, self.heard_at = self.rest + data, time.monotonic()
        while len(self.rest) >= (end := 4 + int.from_bytes(self.rest[:4], "little")):
            message, self.rest = msgpack.unpackb(self.rest[4:end]), self.rest[end:]
            self.handle(*message)

    def connect(self):
        """Connect and log in for the reports from the next one on; try again where that fails."""
        for _ in range(TRIES):
            try:
                self.socket, self.rest = socket.create_connection(self.venue, SECONDS), b""
                self.nonce, self.is_open, self.is_leaving = os.urandom(32), False, False
                self.send(LOGIN, self.user, self.nonce, 2, self.business_date, self.next_report)
                while not self.is_open:
                    self.hear()
                self.send(*(self.request or [HEARTBEAT]))
                return
            except OSError:
                time.sleep(0.1)
        sys.exit("the venue cannot be reached")

    def handle(self, tag, *fields):
        if tag == CHALLENGE:
            self.prove(*fields)
        elif tag == LOGIN_ACCEPTED:
            assert hmac.compare_digest(self.server_proof, fields[12]), "a false venue"
            self.business_date, self.client_seq = fields[4], max(self.client_seq, fields[6])
            self.heartbeat_seconds, self.is_open = fields[7], True
        elif tag == LOGOUT and fields == ("",) and self.is_leaving:
            self.is_over = True
        elif fields == (TAKEN_OVER,) or (tag in MENDED and fields[0] not in MENDED[tag]):
            sys.exit(f"the venue ends the session: {fields}")
        elif tag in MENDED or tag == LOGOUT:
            raise ConnectionError(fields)
        elif tag >= 48:
            self.take_report(tag, *fields)
        if tag == REFUSED:
            print("REFUSED", *fields[:2], flush=True)
        if tag in ANSWERED and self.request and fields[ANSWERED[tag]] == self.client_seq:
            self.request = None

    def take_report(self, tag, number, _, *fields):
        """Print a report, unless it has come before; its time is left out."""
        assert number <= self.next_report, "a report is missing"
        if number == self.next_report:
            self.next_report += 1
            print(number, NAMES[tag - 48] if tag < 55 else tag, *fields, flush=True)

    def prove(self, salt, iterations, nonce):
        """Prove the password, and reckon what the venue must answer if it knows it."""
        assert iterations >= 4_096, "the proof would be cheap to guess the password from"
        parts = self.user.encode(), self.nonce, salt, struct.pack("<I", iterations), nonce
        said = b"".join(struct.pack("<I", len(part)) + part for part in parts)
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(), salt, iterations)
        key = mac(salted, b"Client Key")
        self.server_proof = mac(mac(salted, b"Server Key"), said)
        mask = mac(hashlib.sha256(key).digest(), said)
        self.send(PROOF, bytes(map(xor, key, mask)))

    def ask(self, word, *words):
        """Send a request of the input, and keep it until it has its answer."""
        self.client_seq += 1
        self.request = CANCEL_ORDER, self.client_seq, 0, 0, int(words[0])
        if word == "enter":
            account, instrument, side, quantity, yuan = words
            order = int(account), instrument, int(side == "sell"), int(Fraction(yuan) * 10_000)
            self.request = ENTER_ORDER, self.client_seq, *order, int(quantity)
        self.send(*self.request)

    def run(self, text=b"", has_ended=False):
        """Send the requests of the input, one after the other, and log out behind the last."""
        self.connect()
        while not self.is_over:
            try:
                if not self.request and b"\n" in text:
                    line, _, text = text.partition(b"\n")
                    self.ask(*line.decode().split())
                elif has_ended and not (self.request or self.is_leaving):
                    self.is_leaving = True
                    self.send(LOGOUT, "")
                inputs = [self.socket] if has_ended or b"\n" in text else [self.socket, 0]
                ready, _, _ = select.select(inputs, [], [], self.heartbeat_seconds)
                if self.socket in ready:
                    self.hear()
                if time.monotonic() - self.heard_at > 3 * self.heartbeat_seconds:
                    raise ConnectionError("the venue is silent")
                if time.monotonic() - self.sent_at >= self.heartbeat_seconds:
                    self.send(HEARTBEAT)
                if 0 in ready:
                    typed = os.read(0, 1 << 16)
                    text, has_ended = text + typed, not typed
            except OSError:
                self.connect()


if __name__ == "__main__":
    password = sys.stdin.buffer.raw.readline().decode().rstrip("\n")
    Terminal(sys.argv[1], int(sys.argv[2]), sys.argv[3], password).run()
