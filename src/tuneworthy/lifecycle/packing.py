"""The audit pack: one file that shows the record to somebody who has nothing else."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tuneworthy.config.text_file import require_file
from tuneworthy.core.errors import ConfigProblem, IntegrityProblem, StoreProblem, UsageProblem
from tuneworthy.core.new_file import new_file
from tuneworthy.core.nouns.checkpoint import Checkpoint
from tuneworthy.core.nouns.gate import AuditRecord
from tuneworthy.core.nouns.report import PackReport
from tuneworthy.core.version import VERSION
from tuneworthy.govern import verifier
from tuneworthy.govern.pack import build_level, clause_map, clause_table, how_to_verify
from tuneworthy.lifecycle import checkpoints, deliveries
from tuneworthy.lifecycle.audit_proofs import proofs
from tuneworthy.lifecycle.checkpoint_signer import read_key
from tuneworthy.lifecycle.pack_parts import Files, Gatherer
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import canonical, digest_bytes
from tuneworthy.methods.merkle import consistency_proof
from tuneworthy.methods.signed_note import origin_of, verifier_key
from tuneworthy.methods.signing import STATEMENT_TYPE, public_of, sign_statement

FORMAT = "tuneworthy-audit-pack/2"
PREDICATE_TYPE = "https://tuneworthy.dev/audit-pack/v1"


def export(runtime: Runtime, path: Path) -> PackReport:
    """Write the pack, then check it as a stranger would. The same state gives the same bytes.

    With a checkpoint key the chain is signed first, and so is the pack.

    Raises StoreProblem when the file cannot be written, IntegrityProblem when the chain does not
    verify: a pack of a broken chain proves nothing.
    """
    gatherer = Gatherer(runtime)
    files = gatherer.gather()
    signer = _sign(runtime)
    records = list(runtime.store.audit())
    files |= _audit(runtime, records)
    for record in records:
        gatherer.sieve.notice("audit/events.jsonl", record.body.decode("utf-8", "replace"))
    files["withheld.json"] = canonical(gatherer.sieve.report())
    files["provenance.json"] = canonical(build_level(signed=bool(signer)))
    files["verify.py"] = verifier.source()
    files["VERIFY.md"] = how_to_verify(runtime.project.id, len(records), signer).encode()
    files["mapping.json"] = canonical(clause_map(files))
    files["mapping.md"] = clause_table(files).encode()
    head = records[-1].hash if records else ""
    files |= _manifest(runtime, files, len(records), head, signer)
    try:
        data = verifier.zip_bytes(files)
    except verifier.Fault as fault:
        raise StoreProblem("pack_too_large", f"{path} is not written: {fault}.") from fault
    _write(path, data)
    try:
        return verify_pack(path)
    except IntegrityProblem as problem:
        raise IntegrityProblem(
            "record_broken",
            f"The record does not verify; {path} holds it as it is.",
            why=problem.why,
            fix="Keep the database as it is: tuneworthy audit verify, and compare an older pack.",
        ) from problem


def verify_pack(
    path: Path, external: Sequence[Path] = (), keys: Sequence[str] = (), event: int = 0
) -> PackReport:
    """Check a pack, or a proof of one event, without the running system.

    Args:
        path: The file.
        external: Files of checkpoints that were kept elsewhere.
        keys: Verifier keys known from elsewhere; the pack's own are believed without any.
        event: The number of an event to be shown.

    Raises:
        IntegrityProblem: A byte of it is not what was exported, or a checkpoint says otherwise.
        ConfigProblem: A file cannot be read.
    """
    data = _read(path, "tuneworthy audit export")
    held = [_read(one, "Name the file that the checkpoint was sent to.") for one in external]
    try:
        found = verifier.check(data, held, keys, event)
    except verifier.Fault as fault:
        readable = data[:1] == b"{" or data[:2] == b"PK"
        raise IntegrityProblem(
            "pack_changed" if readable else "bad_pack",
            f"{path} does not verify." if readable else f"{path} is not a readable audit pack.",
            why=str(fault),
            fix=_fix(str(fault)),
        ) from fault
    return PackReport.model_validate({"head": "", **found, "lines": tuple(verifier.lines(found))})


def _fix(fault: str) -> str:
    if fault.startswith("--checkpoint:"):
        return "Give the file of the checkpoint as it was sent, with nothing added to it."
    return "Take the pack again from where it was made: tuneworthy audit export"


def prove(runtime: Runtime, event: int, path: Path) -> PackReport:
    """Write the proof that one event is in the log of the newest checkpoint; then check it.

    Raises:
        UsageProblem: There is no such event, or no checkpoint covers it yet.
    """
    made = checkpoints.newest(runtime)
    if made is None or not 0 < event <= made.size:
        raise UsageProblem(
            "no_such_event",
            f"No checkpoint covers event {event}.",
            why=f"The newest covers {made.size} events." if made else "Nothing is signed yet.",
            fix="tuneworthy audit checkpoint",
        )
    bodies = [record.body for record in runtime.store.audit() if record.seq <= made.size]
    (row,) = proofs(runtime, made, bodies, [event])
    _write(path, canonical(row))
    return verify_pack(path)


def _sign(runtime: Runtime) -> str:
    """Sign the chain where there is a key; the verifier key, or nothing."""
    path = checkpoints.key_path(runtime)
    if not path.is_file():
        return ""
    made = checkpoints.sign(runtime)
    deliveries.send(runtime, [made], network=False, patient=False)
    return verifier_key(origin_of(runtime.project.id), public_of(read_key(path)))


def _audit(runtime: Runtime, records: Sequence[AuditRecord]) -> Files:
    """The chain as stored, its checkpoints, and the proofs that each grew from the one before."""
    made = sorted(checkpoints.all_of(runtime), key=lambda one: one.size)
    files = {
        "audit/events.jsonl": b"".join(
            canonical({"seq": r.seq, "hash": r.hash, "body": r.body.decode("utf-8", "replace")})
            + b"\n"
            for r in records
        )
    }
    keys = checkpoints.keys(runtime)
    if keys:
        files["audit/keys.json"] = canonical(
            [{"key": key.id, "created_at": key.created_at} for key in keys]
        )
    if made:
        files["audit/checkpoints.txt"] = "\n".join(one.note for one in made).encode()
        files["audit/consistency.json"] = canonical(_grown(made, records))
    for one in made:
        for number, place in enumerate(place for place in one.deliveries if place.receipt):
            stem = f"audit/timestamps/{one.size}"
            files[f"{stem}.note"] = one.note.encode()
            files[f"{stem}-{number}.tsr"] = runtime.blobs.get(place.receipt)
    return files


def _grown(made: Sequence[Checkpoint], records: Sequence[AuditRecord]) -> list[dict[str, Any]]:
    """RFC 6962 consistency proofs from each checkpoint to the newest."""
    newest = made[-1]
    bodies = [record.body for record in records[: newest.size]]
    return [
        {
            "from": one.size,
            "to": newest.size,
            "proof": [part.hex() for part in consistency_proof(bodies, one.size)],
        }
        for one in made
        if 0 < one.size <= len(bodies)
    ]


def _manifest(runtime: Runtime, files: Files, events: int, head: str, signer: str) -> Files:
    manifest = canonical(
        {
            "format": FORMAT,
            "made_by": f"tuneworthy {VERSION}",
            "project": runtime.project.id,
            "events": events,
            "head": head or "0" * 64,
            "signed_by": signer,
            "files": {name: digest_bytes(data) for name, data in files.items()},
        }
    )
    made = {"manifest.json": manifest}
    if signer:
        named = {"sha256": digest_bytes(manifest).removeprefix("sha256:")}
        statement = {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": "manifest.json", "digest": named}],
            "predicateType": PREDICATE_TYPE,
            "predicate": {"project": runtime.project.id, "events": events},
        }
        pem = read_key(checkpoints.key_path(runtime))
        made["manifest.dsse.json"] = canonical(sign_statement(statement, pem, signer))
    return made


def _read(path: Path, make: str) -> bytes:
    require_file(path, make)
    try:
        return path.read_bytes()
    except OSError as fault:
        raise ConfigProblem("unreadable", f"{path} cannot be read: {fault.strerror}.") from fault


def _write(path: Path, data: bytes) -> None:
    """The file, whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with new_file(path) as file:
            file.write(data)
    except OSError as fault:
        raise StoreProblem(
            "cannot_write",
            f"{path} cannot be written.",
            why=str(fault.strerror),
            fix="Choose another place with -o FILE.",
        ) from fault
