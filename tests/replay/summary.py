# SPDX-License-Identifier: Apache-2.0
"""What came out of a replay, as text that a test compares: sums, what gave most, how coupons ended, one digest over all.

summary.py HEADING RESULTS...   each a file of results, one a line, in the order of the sales
"""
import collections
import hashlib
import sys

import rows as r

TOP = 15


def inexact(result):
    """What does not add up in a result: nothing, for every sale."""
    sums = ("gross_minor", "discount_minor", "redeemed_minor")
    for line in result["lines"]:
        left = line["gross_minor"] - line["discount_minor"] - line["redeemed_minor"]
        if not (left == line["net_minor"] == sum(s["net_minor"] for s in line["splits"]) and left >= 0):
            return f"line {line['line']}: its parts are not its net amount"
        if sum(a["amount_minor"] for a in line["adjustments"]) != line["discount_minor"]:
            return f"line {line['line']}: its adjustments are not its discount"
    if any(sum(line[name] for line in result["lines"]) != result[name] for name in sums):
        return "the lines are not the totals"
    return None


class Summary:
    def __init__(self):
        self.sums, self.coupons, self.faults = collections.Counter(), collections.Counter(), collections.Counter()
        self.promotions, self.campaigns = collections.defaultdict(lambda: [0, 0]), collections.Counter()
        self.digests = hashlib.sha256()

    def add(self, result):
        if "error" in result:
            self.faults[result["error"]["code"]] += 1
            return
        self.sums.update(sales=1, lines=len(result["lines"]), gross=result["gross_minor"], discount=result["discount_minor"],
                         total=result["total_minor"], points=sum(p["earned"] for p in result["points"]),
                         unproven=not result["optimal"], bound=result["bound_minor"], hints=len(result["hints"]),
                         issued=len(result["issued_coupons"]))
        words = inexact(result)
        if words:
            self.faults["inexact"] += 1
            print(f"sale {result['sale_id']}: {words}", file=sys.stderr)
        self.digests.update(bytes.fromhex(result["digest"]))
        gave = collections.Counter()
        for line in result["lines"]:
            for a in line["adjustments"]:
                gave[a["promotion"]] += a["amount_minor"]
        for name, amount in gave.items():
            self.promotions[name][0] += 1
            self.promotions[name][1] += amount
        for coupon in result["coupons"]:
            self.coupons[coupon["state"] + " " + coupon.get("reason", "")] += 1
            if coupon["state"] == "applied":
                self.campaigns[coupon["code"].split("-")[-1]] += 1

    def write(self):
        s = self.sums
        for name in ("sales", "lines", "gross", "discount", "total", "points", "hints", "issued"):
            print(f"{name} {s[name]}")
        print(f"faults {sum(self.faults.values())}")
        print(f"not proven optimal: {s['unproven']} sales, by {s['bound']} minor units at most")
        for name, count in sorted(self.coupons.items()):
            print(f"coupons {name.strip()}: {count}")
        for name, count in sorted(self.campaigns.items(), key=lambda pair: (-pair[1], pair[0])):
            print(f"campaign {name}: {count} coupons applied")
        ranked = sorted(self.promotions.items(), key=lambda pair: (-pair[1][1], pair[0]))
        for name, (sales, amount) in ranked[:TOP]:
            print(f"promotion {name}: {amount} in {sales} sales")
        print(f"promotions that gave something: {len(ranked)}")
        print(f"digest over all digests: {self.digests.hexdigest()}")


def main(argv):
    summary = Summary()
    print(argv[0])
    for path in argv[1:]:
        for result in r.read_lines(path):
            summary.add(result)
    summary.write()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
