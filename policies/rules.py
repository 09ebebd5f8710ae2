"""The policy set in force: rules, numbers, columns and the never-export list, loaded as one digest.

Laws
1. Nothing loads halfway: rules that do not validate against the schema, a forbid without id, clause or
   advice, an action without its one permit, a number or a column that is wrong, all refuse the set.
2. `fixed.cedar` is taken from beside this file whatever folder is loaded, so that no policy set can
   remove its rules; an agreement may not use their ids.
3. The digest covers every file by name, length and bytes: one changed byte is another policy set.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import cedarpy

from policies.actions import Action
from policies.columns import Catalogue, CatalogueError
from policies.never import NeverList, NeverListError
from policies.numbers import Numbers, NumbersError

POLICIES_FOLDER = Path(__file__).parent
AGREEMENT = "agreement.cedar"
FIXED = "fixed.cedar"
SCHEMA = "schema.cedarschema"
NUMBERS = "numbers.toml"
COLUMNS = "columns.toml"
NEVER = "never.toml"
CASES = "cases.toml"
EDITABLE = (AGREEMENT, SCHEMA, NUMBERS, COLUMNS, NEVER, CASES)

_RULE_ID = re.compile(r"R[0-9]{2}")
_FIXED_IDS = frozenset({"F01", "F02", "F03", "F04"})
_PERMIT_PREFIX = "permit."


class PolicySetError(Exception):
    """The policy set contradicts itself or cannot be read; it must not be in force."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Why something was refused: the rule's id, the clause that it cites, what the person can do."""

    id: str
    clause: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class PolicySet:
    """A policy set that may be in force. Immutable, and shared by every decision of a process.

    `digest` is SHA-256 in hex; `rule_of` finds a rule by the name that Cedar gave its policy;
    `handle` and `schema` are Cedar's parsed forms, `permits` that of the permits alone.
    """

    digest: str
    catalogue: Catalogue
    numbers: Numbers
    never: NeverList
    rule_of: Mapping[str, Rule]
    handle: Any = field(repr=False)
    permits: Any = field(repr=False)
    schema: Any = field(repr=False)

    @classmethod
    def load(cls, folder: Path = POLICIES_FOLDER) -> PolicySet:
        """Load a folder's policy set beside the fixed rules, or raise PolicySetError."""
        return cls.parse(read_folder(folder))

    @classmethod
    def parse(cls, texts: Mapping[str, str]) -> PolicySet:
        """Load a policy set from its files' texts by name, or raise PolicySetError."""
        try:
            schema = cedarpy.Schema.from_str(texts[SCHEMA])
            rule_of = _read_rules(texts[AGREEMENT], texts[FIXED], schema)
            return cls(
                digest=digest_of(texts),
                catalogue=Catalogue.parse(texts[COLUMNS]),
                numbers=Numbers.parse(texts[NUMBERS]),
                never=NeverList.parse(texts[NEVER]),
                rule_of=MappingProxyType(rule_of),
                handle=cedarpy.PolicySet.from_str(_joined(texts[AGREEMENT], texts[FIXED])),
                permits=_permits(texts[AGREEMENT]),
                schema=schema,
            )
        except (CatalogueError, NumbersError, NeverListError, KeyError, ValueError) as error:
            raise PolicySetError(f"the policy set is refused: {error}") from error

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule that can refuse, sorted by id; an id stands once for each of its advices."""
        return tuple(sorted(self.rule_of.values(), key=lambda rule: (rule.id, rule.advice)))


def read_folder(folder: Path) -> dict[str, str]:
    """Return a folder's files by name beside the fixed rules, or raise PolicySetError."""
    try:
        texts = {name: (folder / name).read_text(encoding="utf-8") for name in EDITABLE}
        return texts | {FIXED: (POLICIES_FOLDER / FIXED).read_text(encoding="utf-8")}
    except (OSError, UnicodeDecodeError) as error:
        raise PolicySetError(f"the policy set cannot be read: {error}") from error


@cache
def packaged_texts() -> dict[str, str]:
    """Return the files of the set that comes with the program, by name."""
    return read_folder(POLICIES_FOLDER)


@cache
def packaged_set() -> PolicySet:
    """Return the set that comes with the program, loaded once a process."""
    return PolicySet.load()


def digest_of(texts: Mapping[str, str]) -> str:
    """Return SHA-256 (hex) over the files, sorted by name: `name NUL length NUL bytes` of each."""
    running = hashlib.sha256(b"sealed-book-policies/v1\0")
    for name in sorted(texts):
        data = texts[name].encode()
        running.update(f"{name}\0{len(data)}\0".encode() + data)
    return running.hexdigest()


def _joined(agreement: str, fixed: str) -> str:
    return f"{agreement}\n{fixed}"


def _read_rules(agreement: str, fixed: str, schema: Any) -> dict[str, Rule]:
    """Check the rules and return each forbid's Rule by the name that Cedar gives the policy."""
    for policy in _policies(agreement).values():
        if policy["annotations"].get("id") in _FIXED_IDS:
            raise PolicySetError("an agreement may not use the id of a fixed rule")
    if {policy["annotations"].get("id") for policy in _policies(fixed).values()} != _FIXED_IDS:
        raise PolicySetError("the fixed rules are not the ones that the service knows")
    text = _joined(agreement, fixed)
    verdict = cedarpy.validate_policies(text, schema)
    if not verdict.validation_passed:
        raise PolicySetError("; ".join(str(error) for error in verdict.errors))
    policies = _policies(text)
    _check_permits(policies)
    rules = {name: _rule_from(policy) for name, policy in policies.items() if policy["effect"] == "forbid"}
    if len({(rule.id, rule.clause) for rule in rules.values()}) != len({rule.id for rule in rules.values()}):
        raise PolicySetError("a rule cites two different clauses")
    return rules


def _policies(text: str) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(cedarpy.policies_to_json_str(text))
    if parsed["templates"] or parsed["templateLinks"]:
        raise PolicySetError("templates are not used here")
    policies: dict[str, Any] = parsed["staticPolicies"]
    for policy in policies.values():
        policy.setdefault("annotations", {})
    return policies


def _permits(agreement: str) -> Any:
    parsed = json.loads(cedarpy.policies_to_json_str(agreement))
    policies = parsed["staticPolicies"].items()
    parsed["staticPolicies"] = {name: policy for name, policy in policies if policy["effect"] == "permit"}
    return cedarpy.PolicySet.from_json_str(json.dumps(parsed))


def _check_permits(policies: Mapping[str, Any]) -> None:
    permits = [policy for policy in policies.values() if policy["effect"] == "permit"]
    named = sorted(policy["annotations"].get("id") or "" for policy in permits)
    if named != sorted(_PERMIT_PREFIX + action for action in Action):
        raise PolicySetError("each action has exactly one permit, named `permit.` and the action")
    for policy in permits:
        scope = policy["action"]
        meant = policy["annotations"]["id"].removeprefix(_PERMIT_PREFIX)
        if scope.get("op") != "==" or scope["entity"]["id"] != meant:
            raise PolicySetError(f"the permit of {meant} is about another action")


def _rule_from(policy: Mapping[str, Any]) -> Rule:
    notes = policy["annotations"]
    rule = Rule(id=notes.get("id") or "", clause=notes.get("clause") or "", advice=notes.get("advice") or "")
    if not (_RULE_ID.fullmatch(rule.id) or rule.id in _FIXED_IDS):
        raise PolicySetError("a forbid has no id of a rule")
    if not (rule.clause and rule.advice):
        raise PolicySetError(f"{rule.id} lacks its clause or its advice")
    return rule
