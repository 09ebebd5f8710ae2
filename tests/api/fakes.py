"""Parts of a house with switches: a vault that fails or is slow, a policy set that a test made."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from house.policies import Policies, Stage, Standing
from house.wiring import House
from policies.rules import PolicySet
from vault.answers import ListKeys
from vault.client import VaultClient


class FailingVault:
    """Answers every call with an error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def reveal_passphrase(self, _permit: int) -> str:
        """Fail."""
        raise self._error

    def view_consumers(self, _permit: int, *, published: int) -> ListKeys:  # noqa: ARG002 - the client's own face
        """Fail."""
        raise self._error

    def verify_totp(self, _person: str, _code: str) -> bool:
        """Fail."""
        raise self._error

    def find_consumer(self, _permit: int, _ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Fail."""
        raise self._error

    def sign(self) -> str:
        """Fail."""
        raise self._error


class SlowVault:
    """The real vault, but something else happens before its answer arrives."""

    def __init__(self, vault: VaultClient, meanwhile: Callable[[], None]) -> None:
        self._vault = vault
        self._meanwhile = meanwhile

    def reveal_passphrase(self, permit: int) -> str:
        """Return the passphrase, later."""
        passphrase = self._vault.reveal_passphrase(permit)
        self._meanwhile()
        return passphrase

    def view_consumers(self, permit: int, *, published: int) -> ListKeys:
        """Return a list's keys, later."""
        keys = self._vault.view_consumers(permit, published=published)
        self._meanwhile()
        return keys


class GivenPolicies(Policies):
    """A policy set that a test made, in force."""

    def __init__(self, house: House, policy: PolicySet) -> None:
        super().__init__(house.settings, house.engine)
        self._given = Standing(policy=policy, stage=Stage.IN_FORCE)

    def standing(self) -> Standing:
        """Return the test's set."""
        return self._given
