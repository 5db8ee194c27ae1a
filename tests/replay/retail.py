# SPDX-License-Identifier: Apache-2.0
"""onlineretail as Loyald sells it: whole invoices of a wholesaler, up to 705 lines and 74,215 units a line.

retail.py convert SOURCE OUT   writes OUT/bundle-retail.json, OUT/sales-retail.jsonl, OUT/returns-retail.jsonl, ...
retail.py half OUT             after the sales: writes OUT/returns-half.jsonl, half of every tenth sale coming back
retail.py rest OUT             after those: writes OUT/returns-rest.jsonl, all that is left of them
retail.py check SOURCE OUT     works gross, order discount, points and refunds out again, from the source's rows

The source knows no promotions: those below are ours, of every kind that finds its goods there. Goods are grouped by
the first two digits of the stock code; what has no such code (postage, fees) takes no discount. Sale lines of a
quantity below 1 are left out and counted. A cancellation does not name its sale: it is a return without one.
"""
import collections
import decimal
import os
import sys

import rows as r

ORDER_FROM, ORDER_BP, TRADE_FROM, TRADE_BP = 25000, 300, 100000, 800


def pence(row, quantity):
    """Exactly: prices have up to three places."""
    amount = decimal.Decimal(row["unit_price"]) * quantity * 100
    return int(amount.quantize(decimal.Decimal(1), rounding=decimal.ROUND_HALF_UP))


def group(stock_code):
    return f"{stock_code[:2]}/{stock_code[:5]}" if stock_code[:5].isdigit() else "other"


# ---- the bundle

def of(*groups):
    return {"categories": list(groups)}


def promotion(name, layer, reward, **more):
    return {"id": name, "layer": layer, "reward": reward, **more}


def order_discount(name, order, least, percent_bp):
    reward = {"kind": "percent_off", "items": {"any": True}, "percent_bp": percent_bp}
    when = {"basket": [{"items": {"any": True}, "amount_min": least}]}
    return promotion(name, "order", reward, order=order, when=when, exclusive_group="order", hint={"en": "a little more"})


def promotions():
    free, half = {"percent_bp": 10000}, {"percent_bp": 5000}
    dozen = [{"from": 12000, "percent_bp": 300}, {"from": 48000, "percent_bp": 600}, {"from": 144000, "percent_bp": 1000}]
    member = {"member": {"required": True}}
    return [
        order_discount("order-trade", 1, TRADE_FROM, TRADE_BP),
        order_discount("order-250", 2, ORDER_FROM, ORDER_BP),
        promotion("dozens-22", "shelf", {"kind": "steps", "items": of("22"), "measure": "qty", "steps": dozen}),
        promotion("third-free-21", "shelf", {"kind": "nth_unit", "items": of("21"), "every": 3, **free}),
        promotion("pair-84", "shelf", {"kind": "buy_get", "buy": {"items": of("84"), "qty": 1},
                                       "get": {"items": of("84"), "qty": 1, **half}}, limits={"per_sale": 10}),
        promotion("bag-and-box", "shelf", {"kind": "mix", "parts": [{"items": of("20"), "qty": 1},
                                                                   {"items": of("23"), "qty": 2}], "amount_minor": 100}),
        promotion("cheapest-85", "shelf", {"kind": "cheapest", "items": of("85"), "count": 2, **half}),
        promotion("pound-off-47", "shelf", {"kind": "amount_off", "items": of("47"), "amount_minor": 100, "per": "line"}),
        promotion("ten-pence-82", "shelf", {"kind": "fixed_price", "items": of("82"), "price_minor": 200, "per": "unit"}),
        promotion("five-per-fifty", "shelf", {"kind": "amount_off", "items": of("48", "72", "35"), "amount_minor": 500,
                                              "per": "basket", "every_minor": 5000, "max_times": 4}),
        promotion("abroad", "card", {"kind": "amount_off", "items": {"any": True}, "amount_minor": 500, "per": "basket"},
                  when={"stores": {"attrs": [{"attr": "country", "in": ["France", "Germany", "EIRE", "Spain"]}]},
                        "basket": [{"items": {"any": True}, "amount_min": 15000}]}),
        promotion("card-1", "card", {"kind": "percent_off", "items": {"any": True}, "percent_bp": 100}, when=member),
        promotion("points", "card", {"kind": "points", "currency": "bonus", "items": {"any": True}, "per_minor": 100, "give": 1}),
        promotion("next", "card", {"kind": "issue_coupon", "series": "next", "valid_days": 30, "print": True},
                  when={"basket": [{"items": {"any": True}, "amount_min": 50000}]}),
    ]


def bundle():
    return {"format": "loyald-bundle/1", "id": "retail", "version": 1, "currency": "GBP",
            "layers": [{"id": "order", "mode": "stack"}, {"id": "shelf", "mode": "best"}, {"id": "card", "mode": "stack"}],
            "coupon_series": [{"id": "next", "kind": "generic", "codes": ["NEXT"]}],
            "point_currencies": [{"id": "bonus", "digits": 0, "value_minor": 1}], "promotions": promotions()}


# ---- the sales and returns

def sale_line(row, number):
    quantity = int(row["quantity"])
    line = {"line": number, "sku": row["stock_code"], "qty_milli": quantity * 1000, "unit_price_minor": pence(row, 1),
            "amount_minor": pence(row, quantity), "category": group(row["stock_code"])}
    if line["category"] == "other":
        line["discountable"] = False
    return line


def sale(invoice, lines):
    first = lines[0]
    made = {"sale_id": invoice, "at": first["at"] + ":00", "business_date": first["at"][:10], "channel": "phone",
            "store": {"id": "UK", "attrs": {"country": first["country"]}},
            "lines": [sale_line(row, n) for n, row in enumerate(lines, 1)]}
    if first["customer_id"]:
        made["member"] = {"id": "C" + first["customer_id"]}
    return made


def one_return(invoice, lines):
    return {"return_id": invoice, "policy": "unreferenced",
            "lines": [{"line": n, "qty_milli": -int(row["quantity"]) * 1000, "unit_price_minor": pence(row, 1)}
                      for n, row in enumerate(lines, 1)]}


def invoices(source, kind, want):
    found, left_out = collections.defaultdict(list), 0
    for row in r.rows(source, "invoice_lines"):
        if row["kind"] != kind:
            continue
        if want(int(row["quantity"])) and decimal.Decimal(row["unit_price"]) >= 0:
            found[row["invoice"]].append(row)
        else:
            left_out += 1
    return found, left_out


def sold(source, step):
    """Every step-th invoice."""
    found, left_out = invoices(source, "sale", lambda quantity: quantity > 0)
    return list(found.items())[::step], left_out


def convert(source, out, step):
    sales, left_out = sold(source, step)
    returns, _ = invoices(source, "cancel", lambda quantity: quantity < 0)
    r.write_json(f"{out}/bundle-retail.json", bundle())
    r.write_lines(f"{out}/sales-retail.jsonl", (sale(*pair) for pair in sales))
    r.write_lines(f"{out}/returns-retail.jsonl", (one_return(*pair) for pair in returns.items()))
    r.write_json(f"{out}/left-out-retail.json", left_out)


# ---- what was sold comes back, in two goes

RETURN_EVERY = 10


def sold_and_result(out):
    pairs = zip(r.read_lines(f"{out}/sales-retail.jsonl"), r.read_lines(f"{out}/results-retail.jsonl"))
    return [pair for n, pair in enumerate(pairs) if n % RETURN_EVERY == 0]


def back(pair, number, halves, earlier):
    """One return: of each line half its units, rounded down, or the rest; by turns as paid and worked out anew."""
    sold_sale, result = pair
    lines = []
    for line in sold_sale["lines"]:
        units = line["qty_milli"] // 1000
        units = units // 2 if halves else units - units // 2
        if units > 0:
            lines.append({"line": line["line"], "qty_milli": units * 1000})
    return {"return_id": f"{sold_sale['sale_id']}-{1 if halves else 2}", "sale": sold_sale, "result": result,
            "earlier": earlier, "lines": lines, "policy": ("as_paid", "recompute")[number % 2]}


def halves_of(out):
    """Sales of which half can come back: with two units of something."""
    return [pair for pair in sold_and_result(out) if any(line["qty_milli"] >= 2000 for line in pair[0]["lines"])]


def convert_half(out):
    r.write_lines(f"{out}/returns-half.jsonl", (back(pair, n, True, []) for n, pair in enumerate(halves_of(out))))


def convert_rest(out):
    first = list(r.read_lines(f"{out}/refunds-half.jsonl"))
    r.write_lines(f"{out}/returns-rest.jsonl",
                  (back(pair, n, False, [first[n]]) for n, pair in enumerate(halves_of(out))))


def check_halves(out):
    """All that was paid is back, no more and no less, and the points with it; the first half never took more."""
    wrong = count = 0
    refunds = zip(r.read_lines(f"{out}/refunds-half.jsonl"), r.read_lines(f"{out}/refunds-rest.jsonl"))
    for (sold_sale, result), both in zip(halves_of(out), refunds):
        count += 1
        paid = sum(refund.get("refund_minor", -1) for refund in both)
        points = sum(p["taken_back"] for refund in both for p in refund.get("points", []))
        earned = sum(p["earned"] for p in result["points"])
        if paid != result["total_minor"] or points != earned or any(x.get("refund_minor", -1) < 0 for x in both):
            wrong += 1
            print(f"sale {sold_sale['sale_id']}: paid {result['total_minor']}, {paid} came back; {earned} points earned, "
                  f"{points} taken back", file=sys.stderr)
    print(f"came back in two goes: {count} sales, {wrong} not to the last penny and point")
    return wrong


# ---- worked out again

def check_sale(lines, result):
    amounts = [pence(row, int(row["quantity"])) for row in lines]
    gross = sum(amounts)
    percent_bp = TRADE_BP if gross >= TRADE_FROM else ORDER_BP if gross >= ORDER_FROM else 0
    if result["gross_minor"] != gross:
        return f"gross is {gross}, the engine says {result['gross_minor']}"
    for row, amount, answer in zip(lines, amounts, result["lines"]):
        expected = 0 if group(row["stock_code"]) == "other" else r.half_up(amount * percent_bp, 10000)
        if r.adjustments(answer, "order") != expected:
            return f"line {answer['line']}: the order discount is {expected}, the engine gave {r.adjustments(answer, 'order')}"
    earned = sum(p["earned"] for p in result["points"])
    expected = sum(answer["net_minor"] for answer in result["lines"]) // 100 if lines[0]["customer_id"] else 0
    return None if earned == expected else f"{expected} points are due, the engine gave {earned}"


def check(source, out, step):
    wrong = lines = 0
    sales, _ = sold(source, step)
    for (invoice, rows), result in zip(sales, r.read_lines(f"{out}/results-retail.jsonl")):
        lines += len(rows)
        fault = check_sale(rows, result)
        if fault:
            wrong += 1
            print(f"invoice {invoice}: {fault}", file=sys.stderr)
    returns, _ = invoices(source, "cancel", lambda quantity: quantity < 0)
    for (invoice, rows), result in zip(returns.items(), r.read_lines(f"{out}/refunds-retail.jsonl")):
        expected = sum(pence(row, 1) * -int(row["quantity"]) for row in rows)
        if result.get("refund_minor") != expected:
            wrong += 1
            print(f"return {invoice}: {expected} is due, the engine gave {result}", file=sys.stderr)
    wrong += check_halves(out)
    print(f"worked out again: {len(sales)} sales of {lines} lines, {len(returns)} returns, {wrong} differ")
    return 1 if wrong else 0


def main(argv):
    if argv[0] in ("half", "rest"):
        return (convert_half if argv[0] == "half" else convert_rest)(argv[1])
    what, source, out, step = argv[0], os.path.join(argv[1], "onlineretail"), argv[2], int(argv[3])
    return convert(source, out, step) if what == "convert" else check(source, out, step)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
