# SPDX-License-Identifier: Apache-2.0
"""usage: openapi.py DOCUMENT SOCKET. Exit status 1 and words when document and server differ."""
import copy
import http.client
import json
import socket
import sys

import jsonschema
import yaml

document = yaml.safe_load(open(sys.argv[1], encoding="utf-8"))
faults = []
METHODS = ("get", "put", "post", "delete")


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(self.path)


def call(method, path, body=None):
    connection = Unix(sys.argv[2])
    data = None if body is None else json.dumps(body).encode()
    connection.request(method.upper(), path, data, {"Content-Type": "application/json"} if data else {})
    answer = connection.getresponse()
    kind = (answer.getheader("Content-Type") or "").split(";")[0]
    if kind == "text/event-stream":  # it has no end
        text = answer.fp.readline()
    else:
        text = answer.read()
    connection.close()
    return answer.status, kind, text


def resolve(node):
    """Follows a reference; what stands beside it (a description) is laid over, as OpenAPI 3.1 allows."""
    while isinstance(node, dict) and "$ref" in node:
        target = document
        for part in node["$ref"][2:].split("/"):
            target = target[part]
        beside = {k: v for k, v in node.items() if k != "$ref"}
        node = {**copy.deepcopy(target), **beside}
    return node


def check(value, schema, where):
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": document["components"], "allOf": [schema]}
    for error in jsonschema.Draft202012Validator(whole).iter_errors(value):
        faults.append(f"{where}: at /{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")


def contents(holder, where):
    for kind, content in holder.get("content", {}).items():
        if not content.get("examples"):
            faults.append(f"{where}: {kind} has no example")
        for name, example in content.get("examples", {}).items():
            check(example["value"], content["schema"], f"{where}, example \"{name}\"")


def check_answer(operation, where, status, kind, text):
    response = operation["responses"].get(str(status)) or operation["responses"].get("default")
    if response is None:
        faults.append(f"{where}: answered {status}, which the document does not know")
        return None
    content = resolve(response).get("content", {})
    if kind not in content:
        faults.append(f"{where}: {status} answered {kind}, the document says {', '.join(content)}")
        return None
    if kind != "application/json":
        return None
    value = json.loads(text)
    check(value, content[kind]["schema"], f"{where}, answer {status}")
    return value


def find(operation_id):
    for path, item in document["paths"].items():
        for method in METHODS:
            if item.get(method, {}).get("operationId") == operation_id:
                return method, path, item[method]
    raise KeyError(operation_id)


called = set()


def ask(operation_id, want, body="example", sale="S12-3-000451", screen="", query=""):
    method, path, operation = find(operation_id)
    called.add(operation_id)
    if body == "example":
        request = resolve(operation.get("requestBody", {}))
        examples = request.get("content", {}).get("application/json", {}).get("examples", {})
        body = next(iter(examples.values()))["value"] if examples else None
    where = f"{method.upper()} {path}"
    status, kind, text = call(method, path.replace("{id}", sale).replace("{name}", screen) + query, body)
    if status != want:
        faults.append(f"{where}: answered {status}, expected {want}: {text[:300]!r}")
    return check_answer(operation, where, status, kind, text)


# The document is one by itself.
for path, item in document["paths"].items():
    for method in METHODS:
        operation = item.get(method)
        if not operation:
            continue
        where = f"{method.upper()} {path}"
        contents(resolve(operation.get("requestBody", {})), f"{where}, request")
        for status, response in operation["responses"].items():
            contents(resolve(response), f"{where}, {status}")
for name, schema in document["components"]["schemas"].items():
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        faults.append(f"schema {name}: {error.message}")

# The server is what it says: a day at the till, each call by its example.
for operation_id in ("getPageFile", "getPageStyle", "getPageScript", "getStatusPage", "getStatusStyle", "getStatusScript", "getHealth", "getStatus", "getWords", "watchEvents", "getTotals", "getMetrics", "getOutbox"):
    ask(operation_id, 200)
for after in ("-1", "1x", "9" * 20):
    ask("getOutbox", 400, query="?after=" + after)
ask("getOutbox", 200, query="?after=9007199254740991")
for screen in ("status", "why", "parked", "shift"):
    ask("getScreen", 200, screen=screen)
ask("getScreen", 409, screen="form")
ask("getEnrolmentTerms", 409)  # the office has given no text to agree to
ask("enrolMember", 409)
ask("getPage", 404)  # served over TCP only
ask("getShift", 409)
ask("turnShift", 200)
ask("turnShift", 200)
ask("openSale", 201)
ask("openSale", 409)
ask("typeCode", 200)
ask("findMember", 200, query="?identifier=2900000000018")
ask("findMember", 400, query="?identifier=x")
ask("putSale", 200)
ask("listSales", 200)
ask("getSale", 200)
ask("whySale", 200)
tendered = ask("tenderSale", 200)
ask("commitSale", 409, {"expected_total_minor": tendered["total_minor"] + 1})
ask("commitSale", 200, {"expected_total_minor": tendered["total_minor"], "tenders": [{"kind": "card", "amount_minor": tendered["total_minor"]}]})
ask("putSale", 409)
ask("voidSale", 409)
ask("getSale", 404, sale="nobody")
ask("getSale", 200)
ask("copySale", 503)  # there is no printer
returned = ask("takeBack", 200)
again = ask("takeBack", 200)
if {**returned, "state": ""} != {**again, "state": ""}:
    faults.append("POST /v1/returns: asked again it answers otherwise")
ask("takeBack", 409, {"sale_id": "S12-3-000451", "lines": [{"line": 1, "qty_milli": 9000}]})
ask("takeBack", 503, {"sale_id": "of-another-till"})
ask("getReturn", 200, sale=returned["return_id"])
ask("getReturn", 404)
ask("copyReturn", 503, sale=returned["return_id"])
ask("putSale", 200, sale="V-1")
ask("voidSale", 200, sale="V-1")
ask("putSale", 400, {"lines": [{"line": 1, "sku": "A", "qty_milli": 0, "unit_price_minor": 1}]}, sale="V-2")
ask("turnShift", 200, {"state": "close"})
ask("getShift", 200)
ask("enrol", 503)  # no courier
every = {item[m]["operationId"] for item in document["paths"].values() for m in METHODS if m in item}
for operation_id in sorted(every - called):
    faults.append(f"{operation_id} is in the document and was not called here")

for fault in faults:
    print("DIFFERS:", fault)
print(f"{len(called)} operations called, {len(faults)} differences")
sys.exit(1 if faults else 0)
