#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# schema/api/till.openapi.yaml against the running server: every call made with the document's own examples, every answer's shape checked by its
# schema, every example by its own.
python3 -c 'import jsonschema, yaml' 2>/dev/null || { echo 'skipped: python3 with jsonschema and yaml is not here'; exit 77; }
. "$(dirname "$0")/alone.sh"
start_alone
python3 "$(dirname "$0")/openapi.py" "$source/schema/api/till.openapi.yaml" "$socket" || bad 'the document and the server differ'
