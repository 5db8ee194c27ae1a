#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what our packages are made of and stand on, as SPDX 2.3 JSON on standard output. usage: sbom.py PACKAGE.deb...

Ours with the digest of their file; what they depend on, and that in its turn, with the versions that are installed on the machine
that builds. The same packages on the same machine give the same bytes: the time is that of the changelog.
"""
import datetime
import hashlib
import json
import os
import re
import subprocess
import sys

FIELDS = ("Package", "Version", "Architecture", "source:Package", "source:Version", "Homepage", "Maintainer", "Depends", "Pre-Depends")


def said_by(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "TZ": "UTC"}).stdout


def installed():
    """All installed packages by name; a name that others provide leads to the first of them."""
    form = "\x1f".join("${%s}" % field for field in FIELDS + ("Provides", "db:Status-Status")) + "\x1e"
    found, provided = {}, {}
    for entry in said_by("dpkg-query", "-W", "-f", form).split("\x1e"):
        values = entry.split("\x1f")
        if len(values) == len(FIELDS) + 2 and values[-1] == "installed":
            found[values[0]] = dict(zip(FIELDS, values))
            for name in names_in(values[-2]):
                provided.setdefault(name[0], found[values[0]])
    return {**provided, **found}


def names_in(depends):
    """[[name, alternative...]...] of a field like "a (>= 1), b | c"."""
    wishes = [part for part in depends.split(",") if part.strip()]
    return [[re.split(r"[\s:(\[]", choice.strip())[0] for choice in wish.split("|")] for wish in wishes]


def identifier(name):
    return "SPDXRef-Package-" + re.sub(r"[^A-Za-z0-9.-]", "-", name)


def of_debian(entry):
    locator = "pkg:deb/debian/%s@%s?arch=%s" % (entry["Package"], entry["Version"], entry["Architecture"])
    package = {
        "SPDXID": identifier(entry["Package"]),
        "name": entry["Package"],
        "versionInfo": entry["Version"],
        "supplier": "Organization: Debian (%s)" % entry["Maintainer"],
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "sourceInfo": "built from %s %s; licences: /usr/share/doc/%s/copyright"
        % (entry["source:Package"], entry["source:Version"], entry["Package"]),
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": locator}],
    }
    if entry["Homepage"]:
        package["homepage"] = entry["Homepage"]
    return package


def of_ours(path):
    with open(path, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    entry = dict(zip(FIELDS, (said_by("dpkg-deb", "-f", path, field).strip() for field in FIELDS)))
    locator = "pkg:deb/loyald/%s@%s?arch=%s" % (entry["Package"], entry["Version"], entry["Architecture"])
    return entry, {
        "SPDXID": identifier(entry["Package"]),
        "name": entry["Package"],
        "versionInfo": entry["Version"],
        "supplier": "Organization: %s" % entry["Maintainer"],
        "downloadLocation": "NOASSERTION",
        "packageFileName": path.rsplit("/", 1)[-1],
        "filesAnalyzed": False,
        "checksums": [{"algorithm": "SHA256", "checksumValue": digest}],
        "licenseConcluded": "Apache-2.0",
        "licenseDeclared": "Apache-2.0",
        "copyrightText": "NOASSERTION",
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": locator}],
    }


def main(paths):
    known, packages, relations, waiting = installed(), {}, [], []
    for path in sorted(paths):
        entry, package = of_ours(path)
        packages[entry["Package"]] = package
        waiting.append(entry)
        relations.append(("SPDXRef-DOCUMENT", "DESCRIBES", package["SPDXID"]))
    while waiting:
        entry = waiting.pop(0)
        for choice in names_in(entry["Pre-Depends"]) + names_in(entry["Depends"]):
            met = next((known[name] for name in choice if name in known), None)
            if not met and not any(name in packages for name in choice):
                sys.exit("sbom.py: %s depends on %s, which is not installed here: its version is not known"
                         % (entry["Package"], " | ".join(choice)))
            name = met["Package"] if met else next(name for name in choice if name in packages)
            if name not in packages:
                packages[name] = of_debian(met)
                waiting.append(met)
            relations.append((identifier(entry["Package"]), "DEPENDS_ON", identifier(name)))
    version = said_by("dpkg-deb", "-f", sorted(paths)[0], "Version").strip()
    mark = hashlib.sha256(json.dumps([packages[name] for name in sorted(packages)]).encode()).hexdigest()
    # The newest file in a package has the changelog's time.
    seconds = max(line.split()[3] + line.split()[4] for line in said_by("dpkg-deb", "-c", sorted(paths)[0]).splitlines())
    created = datetime.datetime.strptime(seconds, "%Y-%m-%d%H:%M")
    json.dump({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": "loyald-" + version,
        "documentNamespace": "https://loyald.example.org/spdx/loyald-%s-%s" % (version, mark),
        "creationInfo": {"created": created.strftime("%Y-%m-%dT%H:%M:00Z"), "creators": ["Tool: packaging/sbom.py"]},
        "packages": [packages[name] for name in sorted(packages)],
        "relationships": [{"spdxElementId": a, "relationshipType": how, "relatedSpdxElement": b}
                          for a, how, b in sorted(set(relations))],
    }, sys.stdout, indent=1, ensure_ascii=False)
    print()


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: sbom.py PACKAGE.deb...")
    main(sys.argv[1:])
