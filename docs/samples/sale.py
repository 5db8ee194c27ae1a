# SPDX-License-Identifier: Apache-2.0
"""A whole sale in Python, no packages: basket, payment, close; prints the total and the state."""
import http.client, json, os, socket, sys, uuid

class Till(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(os.environ.get("LOYALD_SOCKET", "/run/loyald/api.sock"))

def ask(method, path, body=None):
    till = Till("localhost", timeout=5)
    till.request(method, path, None if body is None else json.dumps(body))
    answer = till.getresponse()
    said = json.loads(answer.read())
    if answer.status >= 300:  # text and act are for the cashier, in the till's language
        sys.exit(f'{said["code"]} {said["text"]} {said["act"]}')
    return said

sale = "/v1/sales/" + (sys.argv[1] if len(sys.argv) > 1 else str(uuid.uuid4()))
ask("PUT", sale, {"cashier": "7", "lines": [
    {"line": 1, "sku": "A100", "name": "Coffee", "qty_milli": 2000, "unit_price_minor": 9990},
    {"line": 2, "sku": "B7", "name": "Apples", "qty_milli": 1240, "unit_price_minor": 8900, "sold_by": "weight"}]})
total = ask("POST", sale + "/tender", {"tenders": ["card"]})["total_minor"]
# ... the shopper pays total; an answer that was lost is asked for again by the same call ...
ask("POST", sale + "/commit", {"expected_total_minor": total, "tenders": [{"kind": "card", "amount_minor": total}]})
print(total, ask("GET", sale)["state"])
