"""Every command of the command line, in one tree."""

from __future__ import annotations

import typer

from cli.delegations import delegations
from cli.demo import demo
from cli.doctor import doctor, status
from cli.evidence import audit
from cli.exporting import exports
from cli.founding import init
from cli.people import people
from cli.policies import policy
from cli.recovery import vault
from cli.sampling import sample, sample_key
from cli.serve import serve
from cli.snapshots import snapshots
from cli.system_keys import keys
from cli.tracing import trace
from cli.upgrading import upgrade
from cli.witness import witness

commands = typer.Typer(
    name="sealedbook",
    help="Sealed Book: a report with PII leaves by a recorded permit only.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
commands.add_typer(snapshots, name="snapshot")
commands.add_typer(delegations, name="delegations")
commands.add_typer(people, name="people")
commands.add_typer(keys, name="keys")
commands.add_typer(audit, name="audit")
commands.add_typer(exports, name="exports")
commands.add_typer(witness, name="witness")
commands.add_typer(vault, name="vault")
commands.add_typer(policy, name="policy")
commands.command("sample")(sample)
commands.command("sample-key")(sample_key)
commands.command("demo")(demo)
commands.command("serve")(serve)
commands.command("doctor")(doctor)
commands.command("status")(status)
commands.command("init")(init)
commands.command("upgrade")(upgrade)
commands.command("trace")(trace)
