"""Drives an emulator with Microsoft's SDK for Python, as it comes from PyPI.

    REQUESTS_CA_BUNDLE=ca.pem sdk_check.py https://localhost:PORT CREDENTIAL.pem STRANGER.pem

CREDENTIAL.pem holds a certificate that the scenario knows and its key, STRANGER.pem one that it does not know. Every
case begins with an emulator that has forgotten everything, and prints one line of JSON: its name, and what was seen.
Nothing is judged here: SDKCase+All.swift says what each case must see.
"""

import json
import traceback

from stage import CASES, admin

import cases_of_credentials
import cases_of_runs
import cases_of_refusals
import cases_of_mishaps
import cases_as_sent


def main():
    for name, function in CASES.items():
        try:
            admin("POST", "reset")
            seen = function()
        except Exception as error:  # One case must not hide the others.
            traceback.print_exc()
            seen = {"broken": f"{type(error).__name__}: {error}"}
        print(json.dumps({"case": name, "seen": seen}), flush=True)


main()
