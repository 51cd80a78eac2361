#!/usr/bin/env python3
"""Applies patches with the package `jsonpatch`: a peer that the tests compare with.

Each line of standard input is an object with `document` and `patch`; the line that answers it has the `result`, or `null`
for a patch that was refused.
"""

import json
import sys

import jsonpatch

for line in sys.stdin:
    case = json.loads(line)
    try:
        answer = {"result": jsonpatch.apply_patch(case["document"], case["patch"])}
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException):
        answer = None
    print(json.dumps(answer))
