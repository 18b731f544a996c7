from pathlib import Path

from tuneworthy.core.nouns.project import Project
from tuneworthy.data import build_dataset, read_source


def test_a_file_of_broken_rows_is_an_error_and_a_missing_ground_a_warning(tmp_path: Path) -> None:
    good = [f'{{"prompt": "question {n} on a thing", "completion": "a{n}"}}' for n in range(20)]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join([*good, *["{broken"] * 5]), encoding="utf-8")
    project = Project.model_validate(
        {
            "id": "p",
            "use_case": "u",
            "goal": "format",
            "metric": "exact_match",
            "target": 0.5,
            "sources": [{"path": "rows.jsonl"}],
        }
    )
    read = read_source(path, project.sources[0])
    kept: dict[str, bytes] = {}

    def put(data: bytes) -> str:
        kept[str(len(kept))] = data
        return "sha256:" + str(len(kept))

    found = build_dataset(project, [read], created_at="t", put=put).version.findings
    severity = {finding.code: finding.severity for finding in found}
    assert severity["many_broken"] == "block"
    assert (severity["no_licence"], severity["no_ground"]) == ("warning", "warning")
    lacking = [one for one in found if one.code in ("no_licence", "no_ground")]
    assert [one.count for one in lacking] == [20, 20]
    assert [one.fix.split("'")[1] for one in lacking] == ["licence:", "legal_basis:"]
