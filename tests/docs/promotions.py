#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""promotions.py BUILD SOURCE - docs/promotions.md does what it says: its examples come out as written, each kind of reward has one, and every name that
schema/rules/bundle.schema.json knows is on the page."""
import json
import os
import re
import subprocess
import sys
import tempfile

build, source = sys.argv[1], sys.argv[2]
sys.path.insert(0, os.path.join(source, "tests/rules"))
import vectors

with open(os.path.join(source, "docs/promotions.md"), encoding="utf-8") as file:
    page = file.read()
failed = 0


def bad(text):
    global failed
    failed += 1
    print("FAILED " + text)


def differs(wanted, got, at):
    if isinstance(wanted, dict) and isinstance(got, dict):
        for name, value in wanted.items():
            differs(value, got.get(name), at + "/" + name)
    elif isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        for index, value in enumerate(wanted):
            differs(value, got[index], "%s/%d" % (at, index))
    elif wanted != got or isinstance(wanted, bool) != isinstance(got, bool):
        bad("%s: the page says %s, it comes to %s" % (at, json.dumps(wanted), json.dumps(got)))


def works_out(title, rules, basket, receipt):
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump({**vectors.DEFAULTS, **rules}, file)
        file.flush()
        done = subprocess.run([os.path.join(build, "bin/loyalctl"), "evaluate", "--bundle", file.name],
                              input=json.dumps(basket) + "\n", capture_output=True, text=True)
    if done.returncode != 0:
        bad("%s: %s%s" % (title, done.stdout, done.stderr))
        return
    differs(receipt, json.loads(done.stdout), title)


examples, kinds = 0, set()
for section in re.split(r"^##+ ", page, flags=re.M)[1:]:
    title = section.split("\n")[0]
    blocks = re.findall(r"^```json (rules|basket|receipt)\n(.*?)^```$", section, flags=re.M | re.S)
    for at in range(0, len(blocks), 3):
        names = [name for name, _ in blocks[at:at + 3]]
        if names != ["rules", "basket", "receipt"]:
            bad("%s: an example is rules, basket, receipt, not %s" % (title, names))
            continue
        rules, basket, receipt = [json.loads(text) for _, text in blocks[at:at + 3]]
        works_out(title, rules, basket, receipt)
        examples += 1
        if title.strip("`") in {promotion["reward"]["kind"] for promotion in rules["promotions"]}:
            kinds.add(title.strip("`"))

with open(os.path.join(source, "schema/rules/bundle.schema.json"), encoding="utf-8") as file:
    schema = json.load(file)


def names_of(node):
    """Every property the schema names, but for those of parts the page only mentions."""
    found = set()
    if isinstance(node, dict):
        for name, part in node.items():
            if name == "properties":
                found |= {key for key, value in part.items() if value is not False}
                for key, value in part.items():
                    found |= names_of(value) if key != "offline" else set()
            else:
                found |= names_of(part)
    elif isinstance(node, list):
        for part in node:
            found |= names_of(part)
    return found


for kind in schema["$defs"]["reward"]["oneOf"]:
    name = kind["properties"]["kind"]["const"]
    if name not in kinds:
        bad("the reward %s has no example under its name" % name)
for name in sorted(names_of(schema)):
    if not re.search(r"[`\"]%s[`\"]" % re.escape(name), page):
        bad("the name %s is not on the page" % name)
print("%d examples worked out, %d kinds of reward, %d faults" % (examples, len(kinds), failed))
sys.exit(1 if failed else 0)
