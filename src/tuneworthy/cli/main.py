"""The command line's door: parse, call one use case, print. Nothing heavy is loaded for help."""

import os
import signal
import sys
from importlib import import_module
from typing import NoReturn

import click
from click.shell_completion import CompletionItem

from tuneworthy.core.errors import Problem, StoppedProblem, UsageProblem
from tuneworthy.core.version import VERSION

STOP_AGAIN = 1.0
"""Seconds after which a stop that nothing has come of is tried again."""

_stops: list[int] = []
"""The signals by which this process was asked to stop."""

COMMANDS = {
    "init": ("tuneworthy.cli.start:init", "Make a project, empty or from an example"),
    "doctor": ("tuneworthy.cli.start:doctor", "Check machine, packages and project"),
    "status": ("tuneworthy.cli.overview:status", "Where the project stands, and what is next"),
    "next": ("tuneworthy.cli.overview:next_step", "Do the next safe step"),
    "assess": ("tuneworthy.cli.assess:assess", "Is it worth tuning, and how ready are we"),
    "data": ("tuneworthy.cli.data:data", "Build, check and show the dataset"),
    "label": ("tuneworthy.cli.label:label", "Label rows: queues, agreement, adjudication"),
    "eval": ("tuneworthy.cli.evaluate:evaluate", "Measure alternatives and the tuned model"),
    "train": ("tuneworthy.cli.train:train", "Plan, start and list trainings"),
    "gate": ("tuneworthy.cli.gate:gate", "Show, approve or reject gates"),
    "people": ("tuneworthy.cli.people:people", "Named people, keys and signed documents"),
    "serve": ("tuneworthy.cli.serve:serve", "Gateway, canary, promotion, rollback"),
    "ui": ("tuneworthy.cli.ui:ui", "Sign in on this machine; the control API"),
    "keys": ("tuneworthy.cli.keys:keys", "Keys by which programs use the gateway"),
    "drift": ("tuneworthy.cli.drift:drift", "Live requests against the tested ones"),
    "duties": ("tuneworthy.cli.duties:duties", "What comes round, and who has done it"),
    "programme": ("tuneworthy.cli.programme:programme", "The phases of a roll-out programme"),
    "trace": ("tuneworthy.cli.overview:trace", "From a response to the people who approved it"),
    "report": ("tuneworthy.cli.overview:report", "Write the report as one HTML file"),
    "erase": ("tuneworthy.cli.erase:erase", "Take people out of everything, with a report"),
    "retention": ("tuneworthy.cli.retention:retention", "What is due when, and legal holds"),
    "erasures": ("tuneworthy.cli.erase:erasures", "Erasings so far, and tainted versions"),
    "audit": ("tuneworthy.cli.audit:audit", "Look at, verify and export the audit chain"),
    "notices": ("tuneworthy.cli.notices:notices", "Who is told what, and what has not arrived"),
    "config": ("tuneworthy.cli.config:config", "Show and check tuneworthy.yaml"),
    "completion": ("tuneworthy.cli.start:completion", "Shell completion for bash, zsh or fish"),
    "help": ("tuneworthy.cli.start:help_topic", "Longer help: exit-codes"),
}


class LazyGroup(click.Group):
    """A group that imports a command's file when it is called, not when help is printed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order of a project's life."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command to run. Raises UsageProblem with the nearest name."""
        if args[0] not in COMMANDS:
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            raise UsageProblem(
                "no_such_command",
                f"There is no command '{args[0]}'.",
                fix=f"tuneworthy {near[0]}" if near else "tuneworthy --help",
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table, from the names alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Completion without importing the commands."""
        return [
            CompletionItem(name, help=text)
            for name, (_, text) in COMMANDS.items()
            if name.startswith(incomplete)
        ]


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
@click.version_option(VERSION, message="tuneworthy %(version)s")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; errors too.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@click.option("-v", "--verbose", is_flag=True, help="Show the trace of an unexpected fault.")
@click.option("-C", "folder", default=".", metavar="DIR", help="The project's folder.")
@click.option("--as", "actor", default="", metavar="PERSON", help="Who acts (a person's id).")
@click.pass_context
def cli(
    ctx: click.Context, as_json: bool, quiet: bool, verbose: bool, folder: str, actor: str
) -> None:
    """Is it worth fine-tuning, and is the tuned model worthy of production?"""
    ctx.obj = {
        "json": as_json or os.environ.get("TUNEWORTHY_JSON") == "1",
        "quiet": quiet,
        "verbose": verbose,
        "folder": folder,
        "actor": actor or os.environ.get("TUNEWORTHY_ACTOR", "") or "local",
    }


def main(argv: list[str] | None = None) -> None:
    """Run a command and leave with its exit code; a user's mistake never shows a trace."""
    arguments = hoist_globals(sys.argv[1:] if argv is None else argv)
    want_json = "--json" in arguments or os.environ.get("TUNEWORTHY_JSON") == "1"
    if argv is None:
        _hear_stops()
    try:
        code = cli.main(arguments, prog_name="tuneworthy", standalone_mode=False)
        sys.stdout.flush()
        sys.exit(code if isinstance(code, int) else 0)
    except (click.Abort, KeyboardInterrupt):
        problem: Problem = _stopped()
    except Problem as found:
        problem = found
        if found.code == "job_fault":
            from tuneworthy.cli.crash import job_problem

            problem = job_problem(found)
    except click.ClickException as found:
        from tuneworthy.cli.mistakes import usage_problem

        problem = usage_problem(found)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as fault:  # noqa: BLE001 - the last door; the trace goes to a file
        from tuneworthy.cli.crash import crash_problem

        # What breaks after a stop broke by it: a half-imported library, a pipe that was closed.
        problem = (
            _stopped()
            if _stops
            else crash_problem(fault, verbose="-v" in arguments or "--verbose" in arguments)
        )
    if _stops:
        signal.setitimer(signal.ITIMER_REAL, 0)
    _say(problem, want_json)
    sys.stdout.flush()
    sys.stderr.flush()
    # A job's thread may be in a long step that cannot be interrupted; its work goes on next time.
    os._exit(problem.exit_code)


def _stopped() -> Problem:
    fix = "The same command goes on; what is done is kept."
    return StoppedProblem("stopped", "Stopped.", fix=fix)


def _hear_stops() -> None:
    """Have Ctrl+C and a termination signal leave by the door, with what is done kept."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)  # a job in the background hears no Ctrl+C
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGALRM, _stop)
    sys.unraisablehook = _drop_stops


def _stop(number: int, _: object) -> NoReturn:
    """Raise, and again until the door hears it.

    A stop gets lost where native code drops what its callback raises, or a library catches all.
    """
    _stops.append(number)
    signal.setitimer(signal.ITIMER_REAL, STOP_AGAIN)
    raise KeyboardInterrupt(number)


def _drop_stops(lost: "sys.UnraisableHookArgs") -> None:
    """Say nothing of a stop that was lost: it comes again."""
    if not issubclass(lost.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(lost)


def hoist_globals(arguments: list[str]) -> list[str]:
    """Global switches may stand anywhere on the line; bring them to the front."""
    switches = {"--json", "-q", "--quiet", "-v", "--verbose"}
    valued = {"-C", "--as"}
    front: list[str] = []
    rest: list[str] = []
    items = iter(arguments)
    for item in items:
        if item == "--":
            rest += [item, *items]
        elif item in switches or item.startswith("--as="):
            front.append(item)
        elif item in valued:
            front += [item, *([value] if (value := next(items, None)) is not None else [])]
        else:
            rest.append(item)
    return front + rest


def _say(problem: Problem, want_json: bool) -> None:
    if want_json:
        import json

        click.echo(json.dumps({"ok": False, "error": problem.to_dict()}), err=True)
        return
    from tuneworthy.methods.visible import visible

    for name, text in (("error", problem.message), ("  why", problem.why), ("  fix", problem.fix)):
        if text:
            click.echo(f"{name}: {visible(text, 100_000, lines=True)}", err=True)


if __name__ == "__main__":
    main()
