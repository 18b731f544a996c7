"""What an OpenTelemetry collector writes, from its file to rows."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def span(number: int, row: dict[str, str]) -> dict[str, Any]:
    """A model call as OTLP/JSON has it."""
    asked = [{"role": "user", "parts": [{"type": "text", "content": row["request"]}]}]
    said = [{"role": "assistant", "parts": [{"type": "text", "content": row["target"]}]}]
    texts = {"gen_ai.input.messages": asked, "gen_ai.output.messages": said}
    return {
        "traceId": f"{number:032x}",
        "startTimeUnixNano": str(1_767_225_600_000_000_000 + number),
        "attributes": [
            {"key": key, "value": {"stringValue": json.dumps(value)}}
            for key, value in texts.items()
        ],
    }


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
def test_a_batch_of_spans_says_the_command_that_makes_rows_of_it(
    run: Callable[..., Any], project: Path, tmp_path: Path, make_rows: Callable[..., Any]
) -> None:
    spans = [span(number, row) for number, row in enumerate(make_rows(40))]
    batch = {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}
    path = tmp_path / "otlp.jsonl"
    path.write_text(json.dumps(batch) + "\n")
    (found,) = run("--json", "data", "check", str(path)).json["findings"]
    command = found["reasons"]["0"].partition("spans: ")[2].partition(" makes ")[0]
    assert command.startswith("jq ")
    assert "jq -c" in run("data", "preview", str(path)).out
    words = command.replace("FILE", str(path))
    subprocess.run(words, shell=True, check=True, cwd=project / "data")  # noqa: S602
    assert run("--json", "data", "check", str(project / "data" / "spans.jsonl")).json["rows"] == 40
    settings = project / "tuneworthy.yaml"
    text = settings.read_text().replace("data/train.jsonl", "data/spans.jsonl")
    settings.write_text(text.replace("columns: {request: request, target: target}", ""))
    assert run("-C", str(project), "data", "build").code == 0
    out = tmp_path / "out"
    assert run("-C", str(project), "data", "export", "-o", str(out), "--format", "csv").code == 0
    assert "2026-01-01T00:00:00+00:00" in (out / "train.csv").read_text()
