"""tuneworthy notices: what it says, and that commands send by themselves."""

from pathlib import Path
from typing import Any

from tests.fakes.receivers import hook


def test_commands_tell_and_what_has_not_arrived_is_shown(run: Any, project: Path) -> None:
    at = ("-C", str(project))
    assert "Nobody is told anything" in run(*at, "notices").out
    with hook() as receiver:
        with (project / "tuneworthy.yaml").open("a") as file:
            file.write(
                f'notify: {{to: [{{to: "http://127.0.0.1:{receiver.port}/"}}], '
                'internal_hosts: ["127.0.0.1"]}\n'
            )
        receiver.status = 503
        run(*at, "people", "add", "ana", "Ana", "--role", "source_owner")
        run(*at, "people", "add", "bo", "Bo", "--role", "business_owner")
        rejected = run(*at, "gate", "reject", "start", "--by", "ana", "--reason", "No")
        assert rejected.code == 0, rejected.err
        shown = run(*at, "notices")
        assert "NOT told at the last try: 127.0.0.1 answered 503." in shown.out
        assert "waits: Ana rejected the start gate as source owner." in shown.out
        assert "was not told: 127.0.0.1 answered 503." in run(*at, "status").out
        receiver.status = 200
        listed = run("--json", *at, "notices", "--send").json
        assert listed["places"][0]["waiting"] == []
        assert [body["kind"] for body in receiver.taken] == ["rejected"]
        assert "was not told" not in run(*at, "status").out
        run(*at, "gate", "reject", "start", "--by", "bo", "--reason", "No")
        assert len(receiver.taken) == 2, "a command sends by itself when it ends"
