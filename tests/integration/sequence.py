# SPDX-License-Identifier: Apache-2.0
"""usage: sequence.py SOCKET CALLS. Random calls of the API beside a small model of what a till is: each answer's status and state are the model's, a sale
is sold once, the same call again is answered alike, and the totals are equal at the end. LOYALD_SEED plays a run again."""
import http.client
import json
import os
import random
import socket
import sys
import time

path, calls = sys.argv[1], int(sys.argv[2])
seed = int(os.environ.get("LOYALD_SEED", time.time_ns() % 2**32))
dice = random.Random(seed)
print(f"seed {seed}", flush=True)
OPEN_MAX, DONE = 32, ("committed", "printed", "print_unknown", "print_failed")
line = None


def call(method, where, body=None):
    """Over one connection kept open, as a POS would."""
    global line
    if line is None:
        line = http.client.HTTPConnection("localhost", timeout=30)
        line.sock = socket.socket(socket.AF_UNIX)
        line.sock.settimeout(30)
        line.sock.connect(path)
    while True:
        line.request(method, where, None if body is None else json.dumps(body))
        answer = line.getresponse()
        said = json.loads(answer.read())
        if answer.status != 429:
            return answer.status, said
        time.sleep(int(answer.headers["Retry-After"]))  # one program may ask so often only


class Sale:
    def __init__(self, name):
        self.name, self.state, self.total, self.lines, self.back, self.exchange = name, None, 0, [], {}, None


class Return:
    def __init__(self, name, body, answer):
        self.name, self.body, self.answer, self.refund = name, body, answer, answer["refund_minor"]


sales, returns = {}, {}
exchanges = {}  # name: what came back under it, or None once a sale was closed with it
shift, shift_count = None, 0
step = 0


def fail(what):
    sys.exit(f"FAILED at call {step} of seed {seed}: {what}")


def expect(said, status, state=None, total=None):
    if said[0] != status:
        fail(f"answered {said[0]} {json.dumps(said[1])[:300]}, the model says {status}")
    if state and not (said[1]["state"] == state or (state == "committed" and said[1]["state"] in DONE)):
        fail(f"state {said[1]['state']}, the model says {state}")
    if total is not None and said[1]["total_minor"] != total:
        fail(f"total {said[1]['total_minor']}, the model says {total}")


def is_open(sale):
    return sale.state in ("open", "tendering")


def open_count():
    return sum(is_open(sale) for sale in sales.values())


def put(sale):
    where, lines, extra = f"/v1/sales/{sale.name}", [], {}
    for number in range(dice.randrange(0, 6)):
        lines.append({"line": number + 1, "sku": dice.choice("ABC"), "qty_milli": 1000 * dice.randrange(1, 9), "unit_price_minor": dice.randrange(0, 100000)})
    wrong = dice.random() < 0.1
    if wrong:
        lines.append({"line": 99, "sku": "A", "qty_milli": dice.choice([0, -1, 1.5, "1"]), "unit_price_minor": 1})
    if dice.random() < 0.3:
        extra = dice.choice([{"card": "2900000000018"}, {"card": ""}, {"phone": "+7 999 123-45-67"}, {"coupons": ["SPRING10"]},
                             {"card": "2900000000025", "entry": "scan"}, {"redeem": {"bonus": 100}}, {"cashier": "7"}])
    if exchanges and dice.random() < 0.2:
        extra["exchange"] = dice.choice(list(exchanges) + ["no-such"])
    said = call("PUT", where, {"lines": lines, **extra})
    bad_exchange = "exchange" in extra and exchanges.get(extra["exchange"]) is None
    if sale.state in ("committed", "voided"):
        expect(said, 409)
    elif sale.state is None and open_count() == OPEN_MAX:
        expect(said, 409)
    elif bad_exchange:
        expect(said, 409)
    elif wrong:
        expect(said, 400)
    else:
        sale.state, sale.total = "open", sum(one["qty_milli"] // 1000 * one["unit_price_minor"] for one in lines)
        sale.lines, sale.exchange = lines, extra.get("exchange")
        expect(said, 200, "open", sale.total)
        if sale.exchange and said[1]["exchange"]["due_minor"] != sale.total - exchanges[sale.exchange]:
            fail(f"due is {said[1]['exchange']}, {exchanges[sale.exchange]} came back")
        if call("PUT", where, {"lines": lines, **extra})[1]["total_minor"] != sale.total:
            fail("the same PUT again is answered otherwise")


def exchange_ended(sale):
    """Another sale was closed with it meanwhile."""
    return sale.exchange is not None and exchanges[sale.exchange] is None


def tender(sale):
    said = call("POST", f"/v1/sales/{sale.name}/tender", {})
    if sale.state is None:
        expect(said, 404)
    elif not is_open(sale) or not sale.lines or exchange_ended(sale):
        expect(said, 409)
    else:
        sale.state = "tendering"
        expect(said, 200, "tendering", sale.total)


def commit(sale):
    wrong = dice.random() < 0.2
    body = {"expected_total_minor": sale.total + (1 if wrong else 0)}
    said = call("POST", f"/v1/sales/{sale.name}/commit", body)
    if sale.state is None:
        expect(said, 404)
    elif sale.state == "voided":
        expect(said, 409)
    elif sale.state == "committed":
        if said[0] != 409 or not wrong:
            expect(said, 200, "committed", sale.total)
    elif not sale.lines or exchange_ended(sale) or wrong:
        expect(said, 409)
    else:
        sale.state = "committed"
        expect(said, 200, "committed", sale.total)
        if sale.exchange:
            exchanges[sale.exchange] = None


def void(sale):
    said = call("POST", f"/v1/sales/{sale.name}/void", {})
    if sale.state is None:
        expect(said, 404)
    elif sale.state == "committed":
        expect(said, 409)
    elif sale.state != "voided":
        sale.state = "voided"
        expect(said, 200, "voided")


def look(sale):
    said = call("GET", f"/v1/sales/{sale.name}")
    if sale.state is None:
        expect(said, 404)
    elif sale.state != "voided":
        expect(said, 200, sale.state, sale.total)


def give_back(sale):
    """Some of it, all that is left, or more; as a question, for good, or the same once more."""
    if returns and dice.random() < 0.2:
        one = dice.choice(list(returns.values()))
        said = call("POST", "/v1/returns", one.body)
        if said[0] != 200 or said[1]["refund_minor"] != one.refund:
            fail(f"return {one.name} again: {said}")
        return
    name, want, more = f"B-{step}", None, False
    body = {"return_id": name, "sale_id": sale.name}
    left = {line["line"]: line["qty_milli"] - sale.back.get(line["line"], 0) for line in sale.lines}
    if dice.random() < 0.7 and sale.lines:
        want = {line["line"]: 1000 * dice.randrange(1, 5) for line in dice.sample(sale.lines, dice.randrange(1, len(sale.lines) + 1))}
        more = any(qty > left[line] for line, qty in want.items())
        body["lines"] = [{"line": line, "qty_milli": qty} for line, qty in want.items()]
    exchange = dice.choice([None, None, f"E-{dice.randrange(0, 12)}"])
    if exchange:
        body["exchange"] = exchange
    if quote := dice.random() < 0.3:
        body["quote"] = True
    said = call("POST", "/v1/returns", body)
    if exchange and exchange in exchanges and exchanges[exchange] is None:
        expect(said, 409)
    elif sale.state != "committed":
        expect(said, 503)  # nobody here knows it, and there is no central to ask
    elif more or not any(left.values()):
        expect(said, 409)
    else:
        want = want or {line: qty for line, qty in left.items() if qty > 0}
        refund = sum(qty // 1000 * next(one["unit_price_minor"] for one in sale.lines if one["line"] == line) for line, qty in want.items())
        if said[0] != 200 or said[1]["refund_minor"] != refund:
            fail(f"refund {said[1].get('refund_minor')} ({said[0]}), the model says {refund}")
        if not quote:
            returns[name] = Return(name, body, said[1])
            for line, qty in want.items():
                sale.back[line] = sale.back.get(line, 0) + qty
            if exchange:
                exchanges[exchange] = exchanges.get(exchange, 0) + refund


def turn(_):
    global shift, shift_count
    opens = dice.random() < 0.5
    said = call("POST", "/v1/shifts", {"state": "open" if opens else "close"})
    if opens == (shift is not None):
        expect(said, 409)
    else:
        expect(said, 200)
        shift = said[1]["shift"] if opens else None


def type_code(_):
    """Loyalty's calls: what a code is, whatever there is to put it on."""
    text, kind = dice.choice([("2900000000018", "card"), ("2900000000017", "misread"), ("+79991234567", "phone"), ("4601234567893", "code"), ("LAMP", "code")])
    said = call("POST", "/v1/scans", {"text": text, "entry": dice.choice(["keyed", "scan"]) if kind != "phone" else "keyed"})
    if said[0] != 200 or said[1]["kind"] != kind or (kind in ("card", "phone") and text in json.dumps(said[1])):
        fail(f"typed {text}: {said}")


for step in range(1, calls + 1):
    name = f"R-{dice.randrange(0, max(40, step // 8))}"
    sale = sales.setdefault(name, Sale(name))
    dice.choices((put, tender, commit, void, look, give_back, turn, type_code), (8, 3, 8, 2, 2, 5, 1, 2))[0](sale)
sold = [sale for sale in sales.values() if sale.state == "committed"]
totals = call("GET", "/v1/totals")[1]
if totals["sales"] != len(sold) or totals["net_minor"] != sum(sale.total for sale in sold):
    fail(f"sold {len(sold)} at {sum(sale.total for sale in sold)}, the till counts {totals['sales']} at {totals['net_minor']}")
if totals.get("returns", 0) != len(returns):
    fail(f"{len(returns)} came back, the till counts {totals.get('returns')}")
print(f"{calls} calls, {len(sold)} sold, {len(returns)} returned, {sum(e is None for e in exchanges.values())} exchanged, {sum(s.state == 'voided' for s in sales.values())} voided, {open_count()} open")
