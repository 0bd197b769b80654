"""The emulator's own routes, and Microsoft's SDK for Python pointed at it."""

import os
import re
import sys
import time
from datetime import datetime, timedelta, timezone

# Everything is on this machine. Taken away before the SDK reads them.
for variable in [name for name in os.environ if name.lower().endswith("_proxy") or name.startswith("AZURE_")]:
    del os.environ[variable]

import requests
from azure.core.credentials import AccessTokenInfo
from azure.core.exceptions import AzureError
from azure.identity import CertificateCredential, ClientSecretCredential
from azure.mgmt.datafactory import DataFactoryManagementClient
from azure.mgmt.datafactory.models import RunFilterParameters

ENDPOINT, CERTIFICATE, STRANGER = sys.argv[1:]

TENANT = "aaaaaaaa-0000-4000-8000-000000000001"
APPLICATION = "bbbbbbbb-0000-4000-8000-000000000001"
READER = "bbbbbbbb-0000-4000-8000-000000000002"
SECRET = "s3cret+/&=%~value"
SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
GROUP = "rg-test"
FACTORY = "adf-test"
PIPELINE = "ingest-orders"
UNKNOWN_RUN = "99999999-9999-4999-8999-999999999999"

CASES = {}


def case(function):
    """Registers a case under its function's name in words."""
    CASES[function.__name__.replace("_", " ")] = function
    return function


def admin(method, path, **arguments):
    response = requests.request(method, f"{ENDPOINT}/emulator/{path}", timeout=30, **arguments)
    response.raise_for_status()
    return response.json() if response.content else None


def faults(*entries):
    admin("PUT", "faults", json=list(entries))


def fault(route, name, **members):
    return {"route": route, "fault": name, **members}


def captured(*routes):
    """The requests of some routes, or of all, as they arrived."""
    return [request for request in admin("GET", "requests") if not routes or request["route"] in routes]


def runs():
    return admin("GET", "runs")


def secret_credential(**changes):
    arguments = {"tenant_id": TENANT, "client_id": APPLICATION, "client_secret": SECRET, **changes}
    return ClientSecretCredential(authority=ENDPOINT, disable_instance_discovery=True, **arguments)


def certificate_credential(path=None, **arguments):
    return CertificateCredential(
        TENANT, APPLICATION, path or CERTIFICATE, authority=ENDPOINT, disable_instance_discovery=True, **arguments
    )


class FixedCredential:
    """A token from elsewhere."""

    def __init__(self, token):
        self.token = token

    def get_token_info(self, *scopes, options=None):
        return AccessTokenInfo(self.token, int(time.time()) + 3600)


def client(credential=None, **arguments):
    return DataFactoryManagementClient(
        credential or secret_credential(), SUBSCRIPTION, base_url=ENDPOINT, **arguments
    )


def warm_client(**arguments):
    """A client that holds its token, so that faults and captures meet its next call."""
    credential = secret_credential()
    credential.get_token("https://management.azure.com/.default")
    admin("POST", "reset")
    return client(credential, **arguments)


def start(client, pipeline=PIPELINE, parameters=None, **options):
    return client.pipelines.create_run(GROUP, FACTORY, pipeline, parameters, **options).run_id


def window(**members):
    now = datetime.now(timezone.utc)
    return RunFilterParameters(
        last_updated_after=now - timedelta(days=1), last_updated_before=now + timedelta(days=1), **members
    )


def outcome(call):
    """How a call ended: its value, or the exception as its user meets it."""
    try:
        return {"value": call()}
    except Exception as error:  # The kind is what is looked at.
        seen = {"raised": type(error).__name__, "isAzureError": isinstance(error, AzureError)}
        status = getattr(error, "status_code", None)
        if status is not None:
            seen["status"] = status
        detail = getattr(error, "error", None)
        if detail is not None and getattr(detail, "code", None) is not None:
            seen["code"] = detail.code
            if getattr(detail, "target", None):
                seen["target"] = detail.target
        numbers = re.findall(r"AADSTS\d+", str(error))
        if numbers:
            seen["entra"] = numbers[0]
        if SECRET in str(error):
            seen["leaked"] = True
        return seen


def refused(call):
    """How a call that must fail ended, without its value."""
    seen = outcome(call)
    return {"raised": None} if "value" in seen else seen


def spoilt(*entries, retries=None, call=start):
    """A call under faults: how it ended, how often it was sent, under how many ids, and how many runs there are."""
    service = warm_client(**({} if retries is None else {"retry_total": retries}))
    faults(*entries)
    begun = time.monotonic()
    seen = outcome(lambda: call(service))
    waited = time.monotonic() - begun
    sent = captured()
    started = runs()
    if "value" in seen:
        seen = {"succeeded": True}
        seen["isTheRun"] = len(started) == 1
    seen["sent"] = len(sent)
    seen["ids"] = len({request["headers"].get("x-ms-client-request-id") for request in sent})
    seen["runs"] = len(started)
    if any("retryAfterSeconds" in entry for entry in entries):
        seen["waited"] = waited >= max(entry.get("retryAfterSeconds", 0) for entry in entries)
    return seen
