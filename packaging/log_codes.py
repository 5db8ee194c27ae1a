#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The numbers of the lines that the programs log. usage: log_codes.py SOURCE_DIR number | list

number gives each call of log_error, log_warn, log_info and log_debug that has an area alone ("link") the next free number of that
area ("link-08"). list prints docs/log.md, and ends with 1 when a line has no number, or two lines have one. A number is never given
out again: those of lines that are gone stay in GONE.
"""
import pathlib
import re
import sys

GONE = {}  # area: the highest number it ever had, where that line is no longer there
CALL = re.compile(r'\blog_(error|warn|info|debug)\(\s*"([a-z]+)(?:-(\d+))?",\s*((?:"(?:[^"\\]|\\.)*"|\s|PRI[a-z0-9]+)+)')
# The one line that base writes by itself (log_journal.c).
OWN = ("log", 1, "warn", "the journal was too slow, lines are lost count=...", "agent/base/log_journal.c")


def sources(root):
    return sorted(path for folder in ("agent", "drivers", "sync") for path in (root / folder).rglob("*.c"))


def words(literals):
    """The format as its author wrote it: the pieces put together, each value as "..."."""
    text = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', re.sub(r"PRI[a-z0-9]+", '"d"', literals)))
    text = re.sub(r"%[-+0 #]*[\d.*]*(?:hh|h|ll|l|z|j|t)?[a-zA-Z]", "...", text)
    return text.replace("\\\"", '"').replace("|", "\\|").replace("%%", "%")


def number(root):
    highest = dict(GONE)
    for path in sources(root):
        for call in CALL.finditer(path.read_text()):
            area, own = call.group(2), int(call.group(3) or 0)
            highest[area] = max(highest.get(area, 0), own)
    for path in sources(root):
        def give(call):
            if call.group(3):
                return call.group(0)
            area = call.group(2)
            highest[area] = highest.get(area, 0) + 1
            return call.group(0).replace(f'"{area}"', f'"{area}-{highest[area]:02d}"', 1)

        before = path.read_text()
        after = CALL.sub(give, before)
        if after != before:
            path.write_text(after)
            print(f"numbered: {path.relative_to(root)}")


def listing(root):
    lines, faults = [OWN], []
    for path in sources(root):
        for call in CALL.finditer(path.read_text()):
            place = str(path.relative_to(root))
            if call.group(3):
                lines.append((call.group(2), int(call.group(3)), call.group(1), words(call.group(4)), place))
            else:
                faults.append(f"{place}: a line of \"{call.group(2)}\" has no number: packaging/made.sh BUILD_DIR numbers it")
    lines.sort()
    for one, other in zip(lines, lines[1:]):
        if one[:2] == other[:2]:
            faults.append(f"{one[0]}-{one[1]:02d} is both of {one[4]} and {other[4]}")
    print("""# Lines of the log
Made of the sources by `packaging/made.sh`.

Each line that a program logs ends with a code in brackets that it keeps, whatever becomes of its words. Under systemd the code, the part of the
program and the values named in the line are fields of the journal's entry:

```text
journalctl -u loyald LOYALD_CODE=link-01          one line, since ever
journalctl -u loyald -p warning LOYALD_AREA=till  one part of the program
journalctl -o json -u loyald                      LOYALD_SALE, LOYALD_DEV, LOYALD_SEQ and the like as fields
```

`MESSAGE_ID` is the same for each entry of a code. `error`: somebody must act; `warn`: degraded, but selling; `info`: what happened in the life of
the program; `debug`: the rest, written with `log_level = debug`. No line names a person, a card or a key. A fault that repeats does not push out the
rest: the units let 1,000 lines in 30 seconds through, and a journal that is too slow is told how many it missed. Codes such as L-703 are those of
[errors.md](errors.md).

| code | level | line |
|---|---|---|""")
    for area, own, level, text, _ in lines:
        print(f"| {area}-{own:02d} | {level} | {text} |")
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if len(sys.argv) != 3 or sys.argv[2] not in ("number", "list"):
    sys.exit(__doc__)
sys.exit((number if sys.argv[2] == "number" else listing)(pathlib.Path(sys.argv[1])))
