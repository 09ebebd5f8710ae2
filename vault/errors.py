"""What the vault answers when it doesn't open, and how a caller meets it.

`Code` is what travels on the wire: a word, never a value of anybody's data. `RefusalError`
is raised inside the vault; the `VaultError` family is raised by the client.
"""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """One word for each way in which a call can end."""

    OPENED = "opened"
    STALE = "stale"
    FORK = "fork"
    ROLLED_BACK = "rolled_back"
    BEHIND = "behind"
    UNAVAILABLE = "unavailable"
    UNFOUNDED = "unfounded"
    BAD_REQUEST = "bad_request"
    CREDENTIAL = "credential"
    CALLER = "caller"
    UNPROVEN = "unproven"
    UNREADABLE = "unreadable"
    NOT_A_PERMIT = "not_a_permit"
    MISFIT = "misfit"
    EXPIRED = "expired"
    TOO_LONG = "too_long"
    SPENT = "spent"
    EXISTS = "exists"
    BARRED = "barred"
    UNKNOWN = "unknown"
    DESTROYED = "destroyed"
    DAMAGED = "damaged"
    KEPT = "kept"
    FACTOR_LOCKED = "factor_locked"
    QUOTA = "quota"
    VOID = "void"
    SHUT = "shut"
    WELL = "well"
    FACTOR = "factor"
    OUTDATED = "outdated"


ADVICE = {
    Code.OPENED: "opened",
    Code.STALE: "the proof does not start from the vault's head; read the ledger again",
    Code.FORK: "the ledger does not extend the head that the vault saw last; it was rewritten or replaced",
    Code.ROLLED_BACK: "the ledger does not reach the head that the vault saw last; it was rolled back",
    Code.BEHIND: "the vault is a restored copy and opens nothing until `sealedbook vault recover`",
    Code.UNAVAILABLE: "the vault can't answer; start it and ask for a new permit",
    Code.UNFOUNDED: "there is no vault yet; `sealedbook init` founds it",
    Code.BAD_REQUEST: "the vault can't read the request",
    Code.CREDENTIAL: "the vault doesn't know this credential",
    Code.CALLER: "this kind of caller may not open this",
    Code.UNPROVEN: "the permit isn't in the ledger at the index given",
    Code.UNREADABLE: "the permit isn't a canonical ledger entry",
    Code.NOT_A_PERMIT: "the entry isn't a permit",
    Code.MISFIT: "the permit doesn't fit what was asked",
    Code.EXPIRED: "the permit has lapsed; ask for a new one",
    Code.TOO_LONG: "the permit lives longer than the vault allows",
    Code.SPENT: "the permit was spent; ask for a new one",
    Code.EXISTS: "minted before; claim anew",
    Code.BARRED: "the export was destroyed; nothing is minted for it again",
    Code.UNKNOWN: "the vault holds no such thing",
    Code.DESTROYED: "destroyed; it can't be opened again",
    Code.KEPT: "what has to be kept for years can't be destroyed before",
    Code.DAMAGED: "what the vault holds under this name was altered or swapped; restore the vault's backup",
    Code.FACTOR_LOCKED: "too many wrong codes; wait 15 minutes",
    Code.VOID: "the permit is older than the vault's last recovery; ask for a new one",
    Code.SHUT: "it was to be destroyed and is held shut since the vault's recovery",
    Code.WELL: "nothing here needs that: the vault is no restored copy, and the ledger extends its head",
    Code.FACTOR: "a code is wrong, or was used already",
    Code.OUTDATED: "this copy is older than the signing key; restore a newer one, or start a new origin",
    Code.QUOTA: "this kind of caller opened as much as it may within a minute or an hour; wait",
}


class RefusalError(Exception):
    """Raised inside the vault: a code, and at most the name of the field that is wrong."""

    def __init__(self, code: Code, field: str = "") -> None:
        super().__init__(f"{code}: {field}" if field else str(code))
        self.code = code
        self.field = field


class VaultError(Exception):
    """The vault did not open. The message says why and what to do, never a value."""

    def __init__(self, code: Code, field: str = "") -> None:
        super().__init__(f"{ADVICE[code]} ({code}: {field})" if field else f"{ADVICE[code]} ({code})")
        self.code = code
        self.field = field


class VaultRefusedError(VaultError):
    """The request or its permit is wrong; the vault itself is well."""


class VaultRolledBackError(VaultError):
    """The ledger ends before the head that the vault saw last."""


class VaultForkError(VaultError):
    """The ledger is not an extension of the head that the vault saw last."""


class VaultLockedError(VaultError):
    """The vault found itself to be a restored copy and opens nothing."""


class VaultUnavailableError(VaultError):
    """The vault could not be reached or could not record."""


ERROR_OF: dict[Code, type[VaultError]] = {code: VaultRefusedError for code in Code if code is not Code.OPENED}
ERROR_OF |= {
    Code.STALE: VaultUnavailableError,
    Code.UNAVAILABLE: VaultUnavailableError,
    Code.UNFOUNDED: VaultUnavailableError,
    Code.FORK: VaultForkError,
    Code.ROLLED_BACK: VaultRolledBackError,
    Code.BEHIND: VaultLockedError,
}
