"""Tell whether an audit export of taxdesk is as it was made: `python3 verify.py [EXPORT.zip | FOLDER]`.

Needs Python 3.8 or newer and nothing else. Exit code 0: genuine; 1: altered, and the first place of it is named.
"""

import hashlib
import json
import sys
import zipfile
from pathlib import Path

PLACE = ["the export"]  # what is being looked at, to be named when it cannot even be read


def check(holds, where, why):
    if not holds:
        sys.exit("altered: " + "".join(sign if " " <= sign <= "~" else "?" for sign in f"{where}: {why}"))


def open_export(place):
    """The names of its files, and how one is opened; a ZIP or the folder it was unpacked into."""
    if place.is_dir():
        files = {path.relative_to(place).as_posix(): path for path in place.rglob("*") if not path.is_dir()}
        return sorted(files), lambda name: PLACE.insert(0, name) or files[name].open("rb")
    archive = zipfile.ZipFile(place)
    return sorted(archive.namelist()), lambda name: PLACE.insert(0, name) or archive.open(name)


def follow_chain(chain, lines):
    """Recompute every hash; returns what was issued (id -> day, number) and drawn (id -> SHA-256)."""
    head, issued, ready = chain["before"], {}, {}
    for day in chain["days"]:
        check(day["anchor"] == head, day["day"], "the day does not hang on the end of the day before")
        for position in range(1, day["events"] + 1):
            where = f"event {position} of {day['day']} in audit_events.ndjson"
            PLACE.insert(0, where)
            record = json.loads(next(lines, b"{}"))
            event = record.get("event") or record.get("withheld")
            check(event and record["previous"] == head, where, "missing, or it or the event before it was changed")
            check((event["day"], event["position"]) == (day["day"], position), where, "missing or out of its place")
            head = record["hash"]
            if "event" in record:
                canonical = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
                computed = hashlib.sha256((record["previous"] + canonical).encode()).hexdigest()
                check(head == computed, where, "was changed after it was written")
                if event["action"] == "document.issued":
                    issued[event["subject"]] = (day["day"], event["facts"]["number"])
                elif event["action"] == "document.ready":
                    ready[event["subject"]] = event["facts"]["sha256"]
        check(day["head"] == head, day["day"], "the day ends with another hash")
    check(chain["after"] == head and next(lines, None) is None, "audit_events.ndjson", "has another end")
    return issued, ready


def check_documents(manifest, issued, ready):
    """Every document is what the chain says, and everything that was issued is there or named as left out."""
    period, sample = manifest["period"], manifest["sample"]
    wanted = [document for document, (day, _) in issued.items() if period["from"] <= day <= period["to"]]
    if sample:
        wanted.sort(key=lambda document: hashlib.sha256(f"{sample['seed']}\n{document}".encode()).digest())
    wanted = set(wanted[: sample["size"] if sample else None])
    for entry in manifest["files"]:
        name, document = entry["name"], entry.get("document")
        check(name.startswith("documents/") == (document is not None), name, "is not listed as what it is")
        if document is not None:
            check(document in wanted, name, "was not issued in the period, or is not of the sample, or is here twice")
            check(entry["number"] == issued[document][1], name, "bears the number of another document")
            check(entry["sha256"] == ready.get(document), name, "is not the file that was issued")
            wanted.remove(document)
    for document in sorted(wanted - {entry["document"] for entry in manifest["excluded"]}):
        check(False, f"document {issued[document][1]}", "was issued, and is neither here nor named as left out")


def verify(place):
    names, opened = open_export(place)
    stated = opened("manifest.json").read()
    manifest = json.loads(stated)
    listed = {entry["name"]: entry for entry in manifest["files"]}
    for name in sorted(set(listed) ^ set(names) ^ {"manifest.json"}):
        check(False, name, "is not here" if name in listed else "is not listed in manifest.json")
    check(len(names) == len(listed) + 1 == len(manifest["files"]) + 1, "manifest.json", "a file is there twice")
    check_documents(manifest, *follow_chain(manifest["chain"], iter(opened("audit_events.ndjson"))))
    for name, entry in sorted(listed.items()):
        digest, size, file = hashlib.sha256(), 0, opened(name)
        for piece in iter(lambda: file.read(1 << 20), b""):  # noqa: B023 - read before the next one is opened
            digest.update(piece)
            size += len(piece)
        check((digest.hexdigest(), size) == (entry["sha256"], entry["bytes"]), name, "was altered")
    for left in manifest["excluded"]:
        sys.stdout.write(f"left out: {left['number']} ({left['reason']})\n")
    rest = f"{manifest['chain']['after']}\nmanifest.json {hashlib.sha256(stated).hexdigest()}"
    return f"genuine: {manifest['included']['documents']} documents\nend of the chain {rest}\n"


try:
    sys.stdout.write(verify(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent))
except Exception as error:  # whatever was done to the files, the place is named and nothing is thrown
    check(False, PLACE[0], f"cannot be read ({type(error).__name__})")
