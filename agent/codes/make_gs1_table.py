# SPDX-License-Identifier: Apache-2.0
# Draws gs1_table.c from GS1's syntax dictionary: make_gs1_table.py gs1-syntax-dictionary.txt > gs1_table.c
import re
import sys

CHECKS = {"csum": "c", "yymmdd": "d", "yymmd0": "D", "yyyymmdd": "E", "hhmi": "h", "yesno": "b"}
HEAD = """/* SPDX-License-Identifier: Apache-2.0 */
/* Drawn by make_gs1_table.py from the GS1 Barcode Syntax Dictionary (github.com/gs1/gs1-syntax-dictionary, Apache-2.0). */
#include "agent/codes/gs1_table.h"

#define F GS1_FIXED
#define A GS1_ATTRIBUTE
#define K GS1_KEY

const struct gs1_ai gs1_table[] = {"""


def parts_of(words):
    out = []
    for word in words:
        kind, *checks = word.split(",")
        optional = kind.startswith("[")
        letters = "".join(CHECKS.get(check, "") for check in checks)
        text = kind.strip("[]") + letters
        out.append("[" + text + "]" if optional else text)
    return " ".join(out)


def entry(line):
    words = line.split("#")[0].split()
    first, _, last = words.pop(0).partition("-")
    flags = words.pop(0) if re.fullmatch(r"[*?]+", words[0]) else ""
    spec = [w for w in words if re.match(r"\[?[NXYZ](\.\.)?\d", w)]
    key = [w for w in words if w.startswith("dlpkey")]
    names = [n for n, f in (("F", "*" in flags), ("A", "?" in flags), ("K", bool(key))) if f]
    qualifiers = key[0].partition("=")[2].replace(",", " ") if key else ""
    return '    {"%s", "%s", %s, "%s", "%s"},' % (first, last or first, " | ".join(names) or "0", parts_of(spec), qualifiers)


print(HEAD)
for line in open(sys.argv[1], encoding="utf-8"):
    if line.strip() and not line.startswith("#"):
        print(entry(line))
print("};\nconst size_t gs1_table_count = sizeof gs1_table / sizeof gs1_table[0];")
