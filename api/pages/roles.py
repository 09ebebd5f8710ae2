"""Who may open which page: pages of agents, of reviewers, of operators.

Law: this only keeps people from pages that would be empty for them. What may be shown is
decided by the gate, whatever page asks.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from api.pages.forms import Form, Posted
from api.signed_in import SignedIn, Visitor, Watcher
from exports.errors import ExportNotFoundError
from identity.people import Role

AGENTS = frozenset({Role.AGENT, Role.MANAGER})
REVIEWERS = frozenset({Role.REVIEWER})
KEEPERS = frozenset({Role.MANAGER, Role.OPERATOR})


def agents_only(visitor: Visitor) -> SignedIn:
    """Return an agent or a manager; for everybody else there is no such page."""
    return _one_of(AGENTS, visitor)


def agents_form(form: Form) -> Posted:
    """Return a form that an agent or a manager sent."""
    _one_of(AGENTS, form.visitor)
    return form


def operators_only(visitor: Visitor) -> SignedIn:
    """Return an operator; for everybody else there is no such page."""
    return _one_of(frozenset({Role.OPERATOR}), visitor)


def reviewers_only(visitor: Visitor) -> SignedIn:
    """Return a reviewer; for everybody else there is no such page."""
    return _one_of(REVIEWERS, visitor)


def reviewers_form(form: Form) -> Posted:
    """Return a form that a reviewer sent."""
    _one_of(REVIEWERS, form.visitor)
    return form


def keepers_only(visitor: Visitor) -> SignedIn:
    """Return a manager or an operator, who answer for systems' keys."""
    return _one_of(KEEPERS, visitor)


def keepers_form(form: Form) -> Posted:
    """Return a form that a manager or an operator sent."""
    _one_of(KEEPERS, form.visitor)
    return form


def agents_watching(visitor: Watcher) -> SignedIn:
    """Return an agent or a manager whose page only looks whether something changed."""
    return _one_of(AGENTS, visitor)


def _one_of(roles: frozenset[Role], visitor: SignedIn) -> SignedIn:
    if visitor.person.role not in roles:
        raise ExportNotFoundError("there is no such page for this role")
    return visitor


Agent = Annotated[SignedIn, Depends(agents_only)]
AgentWatching = Annotated[SignedIn, Depends(agents_watching)]
AgentForm = Annotated[Posted, Depends(agents_form)]
Reviewer = Annotated[SignedIn, Depends(reviewers_only)]
ReviewerForm = Annotated[Posted, Depends(reviewers_form)]
Keeper = Annotated[SignedIn, Depends(keepers_only)]
KeeperForm = Annotated[Posted, Depends(keepers_form)]
Operator = Annotated[SignedIn, Depends(operators_only)]
