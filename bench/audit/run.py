"""What the audit log shows and costs: ``python bench/audit/run.py``.

Every bit of forty records is flipped once, against a checkpoint kept elsewhere. A pack's verifier
is run as an auditor runs it, in a process of its own with Python alone. Times are CPU seconds, user
and system together.
"""

import copy
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tuneworthy.core.nouns.gate import AuditDraft, AuditRecord
from tuneworthy.govern import verifier
from tuneworthy.govern.verifier.forms import Fault
from tuneworthy.govern.verifier.log import Log
from tuneworthy.lifecycle.checkpoint_signer import Signer
from tuneworthy.methods.canonical import canonical, digest_bytes
from tuneworthy.methods.chain import GENESIS, build
from tuneworthy.methods.signing import generate

OUT = Path("build/bench/audit.json")
ROUNDS = 5


def main() -> None:
    """Flip, verify and sign; print a table and write it as JSON."""
    found = {"flips": flips(), "verify": [], "sign": []}
    for events in (1_000, 10_000):
        spent = verified(events)
        found["verify"].append({"events": events, **spread(spent)})
    for events in (1_000, 100_000):
        found["sign"].append({"events": events, **spread(signed(events))})
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(found, indent=1))
    print(f"bits flipped {found['flips']['bits']}, not shown {found['flips']['missed']}")
    for name, what in (("verify", "python verify.py, whole process"), ("sign", "first signature")):
        for row in found[name]:
            print(
                f"{what}: {row['events']:>7} events, median {row['median']:.2f} CPU s "
                f"({row['low']:.2f} to {row['high']:.2f}, n = {row['n']})"
            )


def chain(events: int) -> list[AuditRecord]:
    """A chain of events like those of a project."""
    records: list[AuditRecord] = []
    prev = GENESIS
    for number in range(1, events + 1):
        draft = AuditDraft(
            actor="ada",
            action="evidence.record",
            object_type="evidence",
            object_id="data.profile",
            object_digest=digest_bytes(str(number).encode()),
        )
        records.append(build(draft, number, "2026-01-01T00:00:00+00:00", prev, "1"))
        prev = records[-1].hash
    return records


def lines_of(records: list[AuditRecord]) -> list[bytes]:
    """The lines of an events file."""
    return [
        canonical({"body": r.body.decode(), "hash": r.hash, "seq": r.seq}) + b"\n" for r in records
    ]


def flips() -> dict[str, int]:
    """Each bit of forty records once; what stands before it is read once."""
    lines = lines_of(chain(40))
    whole = Log({40})
    for line in lines:
        whole.feed(line[:-1])
    top, before = whole.root(), Log({40})
    bits = missed = 0
    for number, line in enumerate(lines):
        after = b"".join(lines[number + 1 :])
        for bit in range(len(line) * 8):
            changed = bytearray(line)
            changed[bit // 8] ^= 1 << bit % 8
            bits += 1
            missed += holds(copy.copy(before), bytes(changed) + after, top)
        before.feed(line[:-1])
    return {"bits": bits, "missed": missed}


def holds(log: Log, rest: bytes, top: bytes) -> bool:
    """Whether the verifier takes the rest of the log for the true one."""
    log.peaks, log.roots = list(log.peaks), dict(log.roots)
    try:
        if not rest.endswith(b"\n"):
            return False
        for line in rest.split(b"\n")[:-1]:
            log.feed(line)
        log.hold(40, top, "checkpoint")
    except Fault:
        return False
    return True


def verified(events: int) -> list[float]:
    """CPU seconds of ``python -I verify.py PACK``, process start included."""
    records = chain(events)
    files = {"audit/events.jsonl": b"".join(lines_of(records)), "verify.py": verifier.source()}
    manifest = {
        "format": "tuneworthy-audit-pack/2",
        "project": "bench",
        "events": events,
        "head": records[-1].hash,
        "signed_by": "",
        "files": {name: digest_bytes(data) for name, data in files.items()},
    }
    with tempfile.TemporaryDirectory() as folder:
        pack, program = Path(folder, "pack.zip"), Path(folder, "verify.py")
        pack.write_bytes(verifier.zip_bytes(files | {"manifest.json": canonical(manifest)}))
        program.write_bytes(files["verify.py"])
        return [child([sys.executable, "-I", str(program), str(pack)]) for _ in range(ROUNDS)]


def child(command: list[str]) -> float:
    """CPU seconds of a process that must end well."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def signed(events: int) -> list[float]:
    """CPU seconds of a first signature over so many events; later ones read what is new alone."""
    records, spent = chain(events), []
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder, "audit.key")
        key.write_bytes(generate()[0])
        for _ in range(ROUNDS):
            began = time.process_time()
            signer = Signer(key, "bench")
            signer.read(records)
            signer.sign()
            spent.append(time.process_time() - began)
    return spent


def spread(spent: list[float]) -> dict[str, float]:
    """Median, least and most."""
    return {
        "median": statistics.median(spent),
        "low": min(spent),
        "high": max(spent),
        "n": len(spent),
    }


if __name__ == "__main__":
    main()
