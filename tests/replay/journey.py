# SPDX-License-Identifier: Apache-2.0
"""completejourney as Loyald sells it: every week a bundle of all coupons and the two stores' price rows.

journey.py SOURCE OUT WEEKS   writes OUT/bundle-WEEK.json, OUT/sales-WEEK.jsonl, OUT/left-out.json

What the source does not tell is decided here:
* A coupon is worth the last two digits of its code in cents, 1.00 where they are 00. By the type of its campaign:
  A takes that off one unit; B takes 20 % off two units; C takes it off all its goods together, from two units on.
* A member shows each coupon of a campaign that was sent to the household, while it runs, for goods in the basket, and
  those that the source says were redeemed that day.
* A price row has the lowest price with the card in that week, else ever, else 1.00 to 9.99 by the product's number. The
  rows of two stores are known; every other store sells by one of them, by its number.
* Lines of quantity 0 are left out and counted. Fuel, in thousandths, is sold by weight.
"""
import collections
import datetime
import os
import sys

import rows as r

ZONES = ("317", "337")
PERCENT_BP = 2000
FUEL_FROM = 100  # units: above it stands only what is counted in thousandths


def zone(store_id):
    return store_id if store_id in ZONES else ZONES[int(store_id) % 2]


def worth(upc):
    return int(upc[-2:]) or 100


# ---- the bundle

def coupon_goods(source):
    goods = collections.defaultdict(list)
    for row in r.rows(source, "coupon_products"):
        goods[row["campaign_id"], row["coupon_upc"]].append(row["product_id"])
    return goods


def reward(kind, upc, selection):
    if kind == "Type A":
        return {"kind": "amount_off", "items": selection, "amount_minor": worth(upc), "per": "unit"}, 1
    if kind == "Type B":
        return {"kind": "percent_off", "items": selection, "percent_bp": PERCENT_BP}, 2
    return {"kind": "amount_off", "items": selection, "amount_minor": worth(upc), "per": "basket"}, 0


def coupon_promotion(campaign, upc):
    name = f"c{campaign['campaign_id']}-{upc}"
    selection = {"set": name}
    until = datetime.date.fromisoformat(campaign["end_date"]) + datetime.timedelta(days=1)
    gives, per_sale = reward(campaign["campaign_type"], upc, selection)
    when = {"from": campaign["start_date"] + "T00:00", "until": f"{until}T00:00", "coupon": name,
            "member": {"segments": ["campaign-" + campaign["campaign_id"]]}}
    if campaign["campaign_type"] == "Type C":
        when["basket"] = [{"items": selection, "qty_min_milli": 2000}]
    return {"id": name, "layer": "coupon", "when": when, "reward": gives, "limits": {"per_sale": per_sale}}


def price_promotion(number):
    return {"id": "price-" + number, "layer": "week", "reward": {"kind": "price_list", "list": number},
            "when": {"stores": {"attrs": [{"attr": "zone", "in": [number]}]}}}


def bundle(campaigns, goods, week, lists):
    names = {f"c{c}-{upc}": skus for (c, upc), skus in sorted(goods.items())}
    return {"format": "loyald-bundle/1", "id": "journey", "version": week, "currency": "USD",
            "layers": [{"id": "week", "mode": "best"}, {"id": "coupon", "mode": "stack"}],
            "item_sets": {name: {"skus": skus} for name, skus in names.items()},
            "price_lists": lists,
            "coupon_series": [{"id": f"c{c}-{upc}", "kind": "generic", "codes": [f"{upc}-{c}"]} for c, upc in sorted(goods)],
            "promotions": [price_promotion(number) for number in lists] +
                          [coupon_promotion(campaigns[c], upc) for c, upc in sorted(goods)]}


def price_rows(source, lines):
    """By week and store: what the rows' products cost."""
    by_week, ever = {}, {}
    for row in lines:
        if row["quantity_n"] == 0 or row["quantity_n"] > FUEL_FROM:
            continue
        price = (int(row["sales_cents"]) + int(row["coupon_match_cents"])) // row["quantity_n"]
        for key, table in (((row["week"], row["product_id"]), by_week), (row["product_id"], ever)):
            table[key] = min(price, table.get(key, price))
    lists = collections.defaultdict(lambda: {number: {} for number in ZONES})
    for row in r.rows(source, "store_week_promotions"):
        product = row["product_id"]
        price = by_week.get((row["week"], product), ever.get(product, 100 + int(product) % 900))
        lists[int(row["week"])][row["store_id"]][product] = price
    return lists


# ---- the sales

def sale_line(row, number, categories):
    amount = int(row["sales_cents"]) + int(row["retail_disc_cents"]) + int(row["coupon_match_cents"])
    fuel = row["quantity_n"] > FUEL_FROM
    qty_milli = row["quantity_n"] if fuel else row["quantity_n"] * 1000
    line = {"line": number, "sku": row["product_id"], "qty_milli": qty_milli, "amount_minor": amount,
            "unit_price_minor": r.half_up(amount * 1000, qty_milli), "category": categories.get(row["product_id"], "")}
    if fuel:
        line["sold_by"] = "weight"
    return line


class Households:
    """Which coupons a household shows for what it buys, and when."""

    def __init__(self, source, campaigns, goods):
        self.campaigns = campaigns
        self.sent, self.redeemed, self.coupons = (collections.defaultdict(set) for _ in range(3))
        for row in r.rows(source, "campaign_members"):
            self.sent[row["household_id"]].add(row["campaign_id"])
        for row in r.rows(source, "coupon_redemptions"):
            self.redeemed[row["household_id"], row["redemption_date"]].add((row["campaign_id"], row["coupon_upc"]))
        for (campaign, upc), skus in goods.items():
            for sku in skus:
                self.coupons[campaign, sku].add(upc)

    def codes(self, household, date, skus):
        found = set(self.redeemed.get((household, date), ()))
        for campaign in self.sent.get(household, ()):
            if self.campaigns[campaign]["start_date"] <= date <= self.campaigns[campaign]["end_date"]:
                found |= {(campaign, upc) for sku in skus for upc in self.coupons.get((campaign, sku), ())}
        return [f"{upc}-{campaign}" for campaign, upc in sorted(found)]


def sale(basket, households, categories):
    first = basket[0]
    household, date = first["household_id"], first["at"][:10]
    lines = [sale_line(row, n, categories) for n, row in enumerate(basket, 1)]
    return {"sale_id": first["basket_id"], "at": first["at"], "business_date": date,
            "store": {"id": first["store_id"], "attrs": {"zone": zone(first["store_id"])}}, "lines": lines,
            "member": {"id": "H" + household,
                       "segments": ["campaign-" + c for c in sorted(households.sent.get(household, ()))]},
            "coupons": households.codes(household, date, [line["sku"] for line in lines])}


def convert(source, out, weeks):
    campaigns = {row["campaign_id"]: row for row in r.rows(source, "campaigns")}
    categories = {row["product_id"]: "/".join(filter(None, (row["department"], row["product_category"])))
                  for row in r.rows(source, "products")}
    goods = coupon_goods(source)
    households = Households(source, campaigns, goods)
    lines = list(r.rows(source, "transaction_lines"))
    for row in lines:
        row["quantity_n"] = int(row["quantity"])
    lists = price_rows(source, lines)
    baskets, left_out = collections.defaultdict(dict), 0
    for row in lines:
        if int(row["week"]) not in weeks:
            continue
        if row["quantity_n"] == 0:
            left_out += 1
        else:
            baskets[int(row["week"])].setdefault(row["basket_id"], []).append(row)
    for week in weeks:
        r.write_json(f"{out}/bundle-{week}.json", bundle(campaigns, goods, week, lists[week]))
        r.write_lines(f"{out}/sales-{week}.jsonl", [sale(b, households, categories) for b in baskets[week].values()])
    r.write_json(f"{out}/left-out.json", left_out)


def main(argv):
    source, out, weeks = os.path.join(argv[0], "completejourney"), argv[1], argv[2]
    first, last = (int(n) for n in weeks.split("-"))
    convert(source, out, range(first, last + 1))


if __name__ == "__main__":
    main(sys.argv[1:])
