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
    line.request(method, where, None if body is None else json.dumps(body))
    answer = line.getresponse()
    return answer.status, json.loads(answer.read())


class Sale:
    def __init__(self, name):
        self.name, self.state, self.total, self.answer = name, None, 0, None


sales = {}
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
    where, lines = f"/v1/sales/{sale.name}", []
    for number in range(dice.randrange(0, 6)):
        lines.append({"line": number + 1, "sku": dice.choice("ABC"), "qty_milli": 1000 * dice.randrange(1, 9), "unit_price_minor": dice.randrange(0, 100000)})
    wrong = dice.random() < 0.1
    if wrong:
        lines.append({"line": 99, "sku": "A", "qty_milli": dice.choice([0, -1, 1.5, "1"]), "unit_price_minor": 1})
    said = call("PUT", where, {"lines": lines})
    if sale.state in ("committed", "voided"):
        expect(said, 409)
    elif sale.state is None and open_count() == OPEN_MAX:
        expect(said, 409)
    elif wrong:
        expect(said, 400)
    else:
        sale.state, sale.total = "open", sum(one["qty_milli"] // 1000 * one["unit_price_minor"] for one in lines)
        sale.lines = len(lines)
        expect(said, 200, "open", sale.total)
        if call("PUT", where, {"lines": lines}) != said:
            fail("the same PUT again is answered otherwise")


def tender(sale):
    said = call("POST", f"/v1/sales/{sale.name}/tender", {})
    if sale.state is None:
        expect(said, 404)
    elif not is_open(sale) or sale.lines == 0:
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
    elif sale.lines == 0 or wrong:
        expect(said, 409)
    else:
        sale.state = "committed"
        expect(said, 200, "committed", sale.total)


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


for step in range(1, calls + 1):
    name = f"R-{dice.randrange(0, max(40, step // 8))}"
    sale = sales.setdefault(name, Sale(name))
    # A voided sale is known until its place in memory is needed; then it is as if it had never been.
    if sale.state == "voided" and call("GET", f"/v1/sales/{sale.name}")[0] == 404:
        sale.state = None
    dice.choices((put, tender, commit, void, look), (8, 3, 8, 2, 2))[0](sale)
sold = [sale for sale in sales.values() if sale.state == "committed"]
totals = call("GET", "/v1/totals")[1]
if totals["sales"] != len(sold) or totals["net_minor"] != sum(sale.total for sale in sold):
    fail(f"sold {len(sold)} at {sum(sale.total for sale in sold)}, the till counts {totals['sales']} at {totals['net_minor']}")
print(f"{calls} calls, {len(sold)} sold, {sum(s.state == 'voided' for s in sales.values())} voided, {open_count()} open")
