# SPDX-License-Identifier: Apache-2.0
"""The grocer's results worked out again, line by line: price rows, then every coupon on what those before it left.

journey_check.py SOURCE OUT WEEKS   after journey.py and loyalctl evaluate

Written from the rules in words, not from the engine: it knows these four promotions only, and no index, run or search.
"""
import itertools
import os
import sys

import journey
import rows as r


def priced(line, price):
    """What the line's units cost by the price list: never more than before."""
    if line.get("sold_by") == "weight":
        price = r.half_up(price * line["qty_milli"], 1000)
    return sorted((min(unit, price) for unit in r.units(line)), reverse=True)


def shares(amount, weights):
    """In proportion, cut down; what is missing goes to the largest fractions, of equal ones to the earlier."""
    total = sum(weights)
    parts = [amount * weight // total for weight in weights]
    by_fraction = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % total), i))
    for i in by_fraction[:amount - sum(parts)]:
        parts[i] += 1
    return parts


class Basket:
    """The units of a sale as they get cheaper; lines in the order that counts, not that of scanning."""

    def __init__(self, sale, prices):
        key = lambda line: (line["sku"].encode(), line["amount_minor"], line["qty_milli"], line["line"])
        self.lines = sorted(sale["lines"], key=key)
        self.cost = {line["line"]: priced(line, prices.get(line["sku"], line["amount_minor"])) for line in self.lines}
        self.by_price = {line["line"]: line["amount_minor"] - sum(self.cost[line["line"]]) for line in self.lines}
        self.by_coupon = {line["line"]: 0 for line in self.lines}

    def take(self, number, taken):
        """taken: by place of the unit in its line."""
        units = self.cost[number]
        for place, amount in taken.items():
            units[place] -= amount
        self.by_coupon[number] += sum(taken.values())
        units.sort(reverse=True)

    def ranked(self, chosen):
        """Units, dearest first, then by line."""
        found = [(unit, number, place) for number in chosen for place, unit in enumerate(self.cost[number]) if unit > 0]
        return sorted(found, key=lambda unit: -unit[0])

    def one_unit(self, chosen, value):
        for unit, number, place in self.ranked(chosen)[:1]:
            self.take(number, {place: min(value, unit)})

    def percent_amount(self, units):
        by_line = {}
        for unit, number, place in units:
            by_line.setdefault(number, {})[place] = unit
        return {number: (r.half_up(sum(places.values()) * journey.PERCENT_BP, 10000), places) for number, places in by_line.items()}

    def two_units(self, chosen):
        """The two dearest; of several such pairs the one that takes most, then the earlier."""
        ranked = [unit for unit in self.ranked(chosen) if r.half_up(unit[0] * journey.PERCENT_BP, 10000) > 0]
        size = min(2, len(ranked))
        dearest = [unit[0] for unit in ranked[:size]]
        pairs = [p for p in itertools.combinations(ranked[:40], size) if [unit[0] for unit in p] == dearest]
        if size == 0:
            return
        best = max(pairs, key=lambda pair: sum(amount for amount, _ in self.percent_amount(pair).values()))
        for number, (amount, places) in self.percent_amount(best).items():
            self.take(number, dict(zip(places, shares(amount, list(places.values())))))

    def together(self, chosen, value):
        chosen = [number for number in chosen if sum(self.cost[number]) > 0]
        left = [sum(self.cost[number]) for number in chosen]
        if not chosen:
            return
        for number, part in zip(chosen, shares(min(value, sum(left)), left)):
            self.take(number, dict(enumerate(shares(part, self.cost[number]))))

    def coupon(self, kind, upc, skus):
        chosen = [line["line"] for line in self.lines if line["sku"] in skus]
        if kind == "Type A":
            self.one_unit(chosen, journey.worth(upc))
        elif kind == "Type B":
            self.two_units(chosen)
        elif sum(line["qty_milli"] for line in self.lines if line["line"] in chosen) >= 2000:
            self.together(chosen, journey.worth(upc))


def usable(sale, campaign):
    return ("campaign-" + campaign["campaign_id"] in sale["member"]["segments"] and
            campaign["start_date"] <= sale["at"][:10] <= campaign["end_date"])


class Checker:
    def __init__(self, source):
        self.campaigns = {row["campaign_id"]: row for row in r.rows(source, "campaigns")}
        self.skus = {key: set(skus) for key, skus in journey.coupon_goods(source).items()}
        self.sales = self.lines = self.coupons = self.wrong = 0

    def used(self, sale):
        """In the order of the promotions: by the bytes of their ids."""
        codes = [tuple(reversed(code.split("-"))) for code in sale["coupons"]]
        return sorted((pair for pair in codes if usable(sale, self.campaigns[pair[0]])), key=lambda pair: f"c{pair[0]}-{pair[1]}")

    def check(self, sale, result, prices):
        basket = Basket(sale, prices)
        for campaign, upc in self.used(sale):
            basket.coupon(self.campaigns[campaign]["campaign_type"], upc, self.skus[campaign, upc])
            self.coupons += 1
        self.sales += 1
        for line in result["lines"]:
            self.lines += 1
            for layer, expected in (("week", basket.by_price), ("coupon", basket.by_coupon)):
                given = r.adjustments(line, layer)
                if given != expected[line["line"]]:
                    self.wrong += 1
                    print(f"sale {sale['sale_id']}, line {line['line']}, layer {layer}: {expected[line['line']]} is due, "
                          f"the engine gave {given}", file=sys.stderr)


def main(argv):
    source, out = os.path.join(argv[0], "completejourney"), argv[1]
    first, last = (int(n) for n in argv[2].split("-"))
    checker = Checker(source)
    for week in range(first, last + 1):
        with open(f"{out}/bundle-{week}.json", encoding="utf-8") as file:
            lists = r.json.load(file)["price_lists"]
        for sale, result in zip(r.read_lines(f"{out}/sales-{week}.jsonl"), r.read_lines(f"{out}/results-{week}.jsonl")):
            checker.check(sale, result, lists[sale["store"]["attrs"]["zone"]])
    print(f"worked out again: {checker.lines} lines of {checker.sales} sales, {checker.coupons} coupons; {checker.wrong} differ")
    return 1 if checker.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
