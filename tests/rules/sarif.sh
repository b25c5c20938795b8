#!/bin/sh
# What findings look like as SARIF is held against the official schema. Usage: sarif.sh SCHEMA PROGRAM...
# The program writes a log.
set -eu
schema=$1
shift
# A check that found something says so by its exit code.
log=$("$@") || [ $? -lt 4 ]
printf '%s' "$log" | python3 -c '
import json, sys
import jsonschema
schema = json.load(open(sys.argv[1]))
log = json.load(sys.stdin)
check = jsonschema.Draft4Validator(schema)
wrong = list(check.iter_errors(log))
for w in wrong[:10]:
    print("%s: %s" % ("/".join(map(str, w.path)), w.message[:200]), file=sys.stderr)
# The schema must be able to say no.
log["runs"][0]["results"][0]["level"] = "loud"
sys.exit(bool(wrong) or not list(check.iter_errors(log)) or not log["runs"][0]["results"])
' "$schema"
