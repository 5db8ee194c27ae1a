#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check.py BUILD SOURCE - the schemas of schema/rules and the compiler say the same.

1. Each example of valid/ is accepted by both, each of invalid/ is refused by the compiler at the pointer that
   invalid/pointers.txt names, and by the schema unless that line says why a schema cannot know.
2. The bundles, sales, results, returns and refunds of all text cases fit their schemas, or are refused by both.
3. Every name in the valid examples is dropped, renamed and given values of other types, one at a time: both accept or
   both refuse. What only the compiler can know is listed below with the reason, and counted.
"""
import copy
import glob
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
try:
    import jsonschema
    from jsonschema import Draft202012Validator
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)
import vectors

build, source = sys.argv[1], sys.argv[2]
rules = os.path.join(source, "schema/rules")
faults = []


def fault(text):
    faults.append(text)
    if len(faults) <= 40:
        print("FAULT " + text)


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


KINDS = ("bundle", "sale", "result", "return", "refund")
schemas = {kind: load(os.path.join(rules, kind + ".schema.json")) for kind in KINDS}
for schema in schemas.values():
    Draft202012Validator.check_schema(schema)


def in_one(schema):
    """The schema with the sale's put in where it names it, so that no resolver is asked for anything."""
    text = json.dumps(schema)
    if "sale.schema.json" in text.replace(schema["$id"], ""):
        sale = copy.deepcopy(schemas["sale"])
        schema = json.loads(text)
        schema["$defs"].update(sale.pop("$defs"))
        schema["$defs"]["sale"] = {name: part for name, part in sale.items() if name[0] != "$"}
        schema = json.loads(json.dumps(schema).replace('"sale.schema.json"', '"#/$defs/sale"'))
    return schema


validators = {kind: Draft202012Validator(in_one(schema)) for kind, schema in schemas.items()}


def ask(kind, documents):
    """The pointers that the compiler (bundle) or the reader (sale, return) complains of, a list for each document."""
    text = "".join(json.dumps(document) + "\n" for document in documents)
    done = subprocess.run([os.path.join(build, "tests/rules_lines"), kind], input=text, capture_output=True, text=True)
    if done.returncode != 0 or done.stderr:
        fault("rules_lines: " + done.stderr[-2000:])
    answers = done.stdout.split("\n")[:-1]
    assert len(answers) == len(documents), (kind, len(answers), len(documents))
    return [[at for at in line.split("\t") if at] for line in answers]


def first_error(kind, document):
    error = next(validators[kind].iter_errors(document), None)
    return None if error is None else "/" + "/".join(map(str, error.absolute_path)) + ": " + error.message[:120]


# ---- 1. the examples ----

def kind_of(name):
    return name.split("/")[0] if "/" in name else "bundle"


def examples(folder):
    paths = glob.glob(os.path.join(rules, folder, "*.json")) + glob.glob(os.path.join(rules, folder, "*/*.json"))
    return {os.path.relpath(path, os.path.join(rules, folder)): load(path) for path in sorted(paths)}


valid, invalid = examples("valid"), examples("invalid")
for name, document in valid.items():
    at = ask(kind_of(name), [document])[0]
    if at:
        fault("valid/%s: the compiler complains of %s" % (name, at))
    error = first_error(kind_of(name), document)
    if error:
        fault("valid/%s: the schema complains: %s" % (name, error))

pointers = {}
for line in open(os.path.join(rules, "invalid/pointers.txt"), encoding="utf-8"):
    if line.startswith("#") or not line.strip():
        continue
    name, pointer, *rest = line.rstrip("\n").split(None, 2)
    pointers[name] = (pointer, rest[0] if rest else "")
for name in sorted(set(pointers) ^ set(invalid)):
    fault("invalid/%s: the example and its line in pointers.txt do not stand together" % name)
for name, document in invalid.items():
    pointer, only_compiler = pointers.get(name, ("", ""))
    at = ask(kind_of(name), [document])[0]
    if pointer not in at:
        fault("invalid/%s: the compiler complains of %s, not of %s" % (name, at, pointer))
    error = first_error(kind_of(name), document)
    if error and only_compiler:
        fault("invalid/%s: the schema does see it: %s" % (name, error))
    elif not error and not only_compiler:
        fault("invalid/%s: the schema accepts it" % name)
print("examples: %d valid, %d invalid, %d of these by the compiler only" %
      (len(valid), len(invalid), sum(1 for _, why in pointers.values() if why)))

# ---- 2. the text cases ----

run = {"bundle": 0, "sale": 0, "result": 0, "return": 0, "refund": 0}


def same(kind, name, document, refused):
    """Both accept, or both refuse; a refusal may be one that a schema cannot know."""
    error = first_error(kind, document)
    if error and not refused:
        fault("case %s: the %s schema complains: %s" % (name, kind, error))
    run[kind] += 1


def lines_of(command, documents, bundle_path):
    text = "".join(json.dumps(document) + "\n" for document in documents)
    done = subprocess.run([os.path.join(build, "bin/loyalctl"), command, "--bundle", bundle_path] +
                          (["--trace"] if command == "evaluate" else []), input=text, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.split("\n") if line]


def run_returns(case, sale, sold, path):
    earlier = []
    for request in json.loads(case["return"]):
        document = {**({"sale": sale, "result": sold} if sale else {}), "earlier": list(earlier), **request}
        answer = lines_of("refund", [document], path)[0]
        same("return", case["case"], document, "error" in answer)
        if "error" not in answer:
            same("refund", case["case"], answer, False)
            earlier.append(answer)


cases = [case for case in vectors.cases(source)]
bundles = [vectors.bundle_of(case) for case in cases]
verdicts = ask("bundle", bundles)
path = os.path.join(build, "tests/rules_check_bundle.json")
for case, bundle, verdict in zip(cases, bundles, verdicts):
    same("bundle", case["case"], bundle, verdict)
    if verdict:
        continue
    sale = vectors.json_or_none(case.get("sale"))
    sold = None
    if sale is None and "return" not in case:
        continue
    with open(path, "w", encoding="utf-8") as file:
        json.dump(bundle, file)
    if sale is not None:
        sold = lines_of("evaluate", [sale], path)[0]
        same("sale", case["case"], sale, "error" in sold)
        if "error" not in sold:
            same("result", case["case"], sold, False)
    if "return" in case:
        run_returns(case, sale, sold, path)
os.unlink(path)
print("text cases: " + ", ".join("%d %ss" % (count, kind) for kind, count in run.items()))

# ---- 3. mutations ----

OTHERS = [None, True, 0, -1, 1.5, 10**13, "", "\u00fcber", [], {}, [None], {"x": 1}]


def places(document, at=()):
    """Every place in the document: the path of its containers and names."""
    found = []
    if isinstance(document, dict):
        for name in document:
            found.append(at + (name,))
            found += places(document[name], at + (name,))
    elif isinstance(document, list):
        for index, value in enumerate(document):
            found.append(at + (index,))
            found += places(value, at + (index,))
    return found


def mutations(document):
    for place in places(document):
        for what in ["drop", "rename"] + OTHERS:
            changed = copy.deepcopy(document)
            holder = changed
            for step in place[:-1]:
                holder = holder[step]
            if what == "drop":
                del holder[place[-1]]
            elif what == "rename":
                if not isinstance(holder, dict):
                    continue
                holder[str(place[-1]) + "X"] = holder.pop(place[-1])
            else:
                holder[place[-1]] = what
            yield "/" + "/".join(map(str, place)), what, changed


# What a schema cannot know, by the pointer the compiler complains of; nothing may be the other way round.
ONLY_COMPILER = {
    "bundle": [
        (r"^/promotions/\d+/(layer|cost/currency|when/coupon|reward/(currency|series|list))$|^/redemption/\d+/currency$"
         r"|/set(/\d+)?$", "names that refer to each other"),
        (r"^/layers$", "promotions without a layer"),
        (r"^/promotions$|^/(layers|coupon_series|point_currencies)(/\d+/id)?$", "names that are there twice"),
        (r"/(from|until)$|^/expires_at$", "days and times that do not exist"),
        (r"/hours/\d+$", "two times that are the same"),
        (r"/reward/steps$", "two steps of one from"),
        (r"^/codes/\d+(/length|/prefix|/ai)?$", "a length that the prefix exceeds"),
        (r"^/?$", "numbers that no digest can be over"),
    ],
    "sale": [
        (r"^/lines/\d+/line$", "line numbers that are there twice"),
        (r"^/lines/\d+/unit_price_minor$", "a price times its quantity"),
        (r"^/(at|business_date)$|/birthday$", "days that do not exist"),
    ],
    "return": [
        (r"^/sale|^/result|^/lines/\d+/(line|qty_milli)$|^/earlier", "what must fit the sale"),
    ],
}
# What the compiler does not look at, and why it need not.
ONLY_SCHEMA = {
    "bundle": [
        (r"^/created_at$", "told to people only"),
    ],
    "sale": [],
    "return": [],
}
# The examples that hold every name there is: the others repeat parts of them.
MUTATED = ["every-name.json", "every-reward.json", "codes.json", "sale/whole.json", "sale/nulls.json", "return/one-of-two.json",
           "return/after-an-earlier-one.json", "return/unreferenced.json"]


def excused(table, kind, at):
    return any(re.search(pattern, at) for pattern, _ in table[kind])


def mutate(kind):
    count = agreed_refused = excuses = 0
    for name in MUTATED:
        if kind_of(name) != kind:
            continue
        document = valid[name]
        changed = list(mutations(document))
        verdicts = ask(kind, [document for _, _, document in changed])
        for (place, what, document), verdict in zip(changed, verdicts):
            error = first_error(kind, document)
            count += 1
            if bool(error) == bool(verdict):
                agreed_refused += bool(error)
            elif verdict and all(excused(ONLY_COMPILER, kind, at) for at in verdict):
                excuses += 1
            elif error and excused(ONLY_SCHEMA, kind, place):
                excuses += 1
            else:
                fault("valid/%s with %s %s: the compiler says %s, the schema %s" %
                      (name, place, json.dumps(what), verdict or "nothing", error or "nothing"))
    print("mutations of %ss: %d, %d refused by both, %d differences that are allowed" %
          (kind, count, agreed_refused, excuses))


for kind in ("bundle", "sale", "return"):
    mutate(kind)
print("%d faults" % len(faults))
sys.exit(1 if faults else 0)
