# SPDX-License-Identifier: Apache-2.0
"""What the replays share: reading the sets, writing sales, integers only."""
import csv
import gzip
import json
import os


def rows(folder, name):
    """The rows of NAME.csv.gz, one dictionary each."""
    with gzip.open(os.path.join(folder, name + ".csv.gz"), "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def half_up(numerator, denominator):
    """Of what is not negative."""
    return (2 * numerator + denominator) // (2 * denominator)


def write_json(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, separators=(",", ":"))
        file.write("\n")


def write_lines(path, values):
    with open(path, "w", encoding="utf-8") as file:
        for value in values:
            file.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")


def read_lines(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def units(line):
    """A line's amount lies on its units, the odd minor units on the first; a weighed line is one unit."""
    if line.get("sold_by") == "weight":
        return [line["amount_minor"]]
    share, odd = divmod(line["amount_minor"], line["qty_milli"] // 1000)
    return [share + 1] * odd + [share] * (line["qty_milli"] // 1000 - odd)


def adjustments(result_line, layer):
    return sum(a["amount_minor"] for a in result_line["adjustments"] if a["layer"] == layer)
