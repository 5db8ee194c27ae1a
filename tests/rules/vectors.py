# SPDX-License-Identifier: Apache-2.0
"""Reads tests/vectors/*.vec for the checks that are written in Python; tests/vectors/README.md says how they are written."""
import glob
import json
import os

DEFAULTS = {
    "format": "loyald-bundle/1", "id": "test", "version": 1, "currency": "RUB", "minor_digits": 2,
    "layers": [{"id": "promo", "mode": "best"}, {"id": "card", "mode": "first"}, {"id": "coupon", "mode": "stack"}],
    "point_currencies": [{"id": "bonus", "digits": 0, "value_minor": 100}], "promotions": [],
}


def cases(source):
    """Each case as {"case","why","bundle","sale",...}: the texts of its sections."""
    found = []
    for path in sorted(glob.glob(os.path.join(source, "tests/vectors/*.vec"))):
        case, section = None, None
        for line in open(path, encoding="utf-8"):
            line = line.rstrip("\n")
            if not line or line.startswith("#"):
                continue
            if line[0] != " ":
                section, _, line = line.partition(" ")
                if section == "case":
                    case = {}
                    found.append(case)
            case[section] = (case[section] + "\n" if section in case else "") + line.strip()
    return found


def bundle_of(case):
    """The bundle with what it leaves out taken from the defaults; None when it is no JSON."""
    try:
        bundle = json.loads(case.get("bundle", "{}"))
    except ValueError:
        return None
    return {**DEFAULTS, **bundle}


def json_or_none(text):
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None
