"""People who join a live house: invited by mail, approved by a second person, with codes of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import count

import pyotp
from httpx2 import Response

from delivery.smtp import MailRoad
from house.invitations import Invited, add_member, invite_member
from house.post import Post
from identity.invitations import digest_of_code
from identity.people import Newcomer, Person, Role
from runtime.database import reading, writing
from store.invitations import invitation_by_digest
from store.people import keep_joined, person_by_id
from store.sessions import new_token, start_session
from tests.api.callers import Caller, Desk
from tests.installation import CONSOLE_WHO, Enrolled, take_down
from tests.mail_server import MailServer

PASSWORD = "seven quiet lanterns"
_numbers = count(1)


@dataclass(frozen=True, kw_only=True)
class Joiners:
    """A live house's door, the people that its founding invited, and its mail."""

    desk: Desk
    mail: MailServer
    founders: dict[Role, Invited]

    @property
    def post(self) -> Post:
        """How the console mails."""
        road = MailRoad("localhost", self.mail.port, self.mail.authorities)
        return Post(road=road, sender="books@exchange.example", portal="https://portal.example")

    def newcomer(self, role: Role = Role.REVIEWER) -> Newcomer:
        """Return somebody whom the house doesn't know."""
        return Newcomer(role=role, name="New Person", email=f"New{next(_numbers)}@exchange.example")

    def invite(self, newcomer: Newcomer | None = None) -> Invited:
        """Invite somebody at the console; the code goes by mail."""
        house = self.desk.home.operator
        return invite_member(house, CONSOLE_WHO, newcomer or self.newcomer(), self.post)

    def mailed_code(self) -> str:
        """Return the code in the newest mail."""
        found = re.search(
            r"^((?:[0-9A-Z]{4}-){12}[0-9A-Z]{4})\r$", self.mail.mails[-1].decode(), re.MULTILINE
        )
        assert found is not None
        return found[1]

    def member(self, role: Role) -> Caller:
        """Return a reviewer or operator who joined before, signed in just now."""
        now = self.desk.house.clock.now()
        with writing(self.desk.house.engine) as connection:
            person = add_member(connection, self.newcomer(role), now)
            keep_joined(connection, person, "no hash", now)
        take_down(self.desk.house, person)
        return self.with_session(person)

    def with_session(self, person: str) -> Caller:
        """Return somebody signed in, without the work of a password."""
        token = new_token()
        with writing(self.desk.house.engine) as connection:
            session, _ended = start_session(connection, person, token, self.desk.house.clock.now())
        caller = self.desk.caller()
        caller.client.cookies.set("session", token)
        caller.csrf, caller.person = session.csrf, person
        return caller

    def invited(self) -> str:
        """Invite somebody, have a reviewer approve it, and return the code."""
        made = self.invite()
        answer = self.member(Role.REVIEWER).post(f"/v1/invitations/{made.invitation.id}/approve")
        assert 204 == answer.status_code, answer.text
        return self.mailed_code()

    def accept(self, code: str, password: str = PASSWORD) -> Response:
        """Accept an invitation."""
        return self.desk.caller().post("/v1/invitations/accept", {"code": code, "password": password})

    def confirm(self, code: str, totp: str) -> Response:
        """Confirm the second factor."""
        return self.desk.caller().post("/v1/invitations/confirm", {"code": code, "totp": totp})

    def join(self, code: str, password: str = PASSWORD) -> Enrolled:
        """Join all the way; return what one signs in with."""
        factor = self.accept(code, password)
        assert 200 == factor.status_code, factor.text
        secret = factor.json()["totp_secret"]
        joined = Enrolled(self.person_of(code), password, secret)
        answer = self.confirm(code, self.desk.code(joined))
        assert 200 == answer.status_code, answer.text
        return joined

    def person_of(self, code: str) -> Person:
        """Return whom a code is for."""
        with reading(self.desk.house.engine) as connection:
            return person_by_id(connection, invitation_by_digest(connection, digest_of_code(code)).person)


def code_of(secret: str) -> str:
    """Return what an authenticator shows now."""
    return pyotp.TOTP(secret).now()
