"""Who asks, and with what."""

from stage import *


@case
def a_secret_gives_a_token():
    run = start(client())
    return {"started": [entry["runId"] for entry in runs()] == [run], "tokens": len(captured("token"))}


@case
def a_certificate_gives_a_token():
    run = start(client(certificate_credential()))
    return {"started": [entry["runId"] for entry in runs()] == [run]}


@case
def a_certificate_with_its_chain_gives_a_token():
    run = start(client(certificate_credential(send_certificate_chain=True)))
    return {"started": [entry["runId"] for entry in runs()] == [run]}


@case
def one_token_serves_many_calls():
    service = client()
    for _ in range(5):
        start(service)
    return {"tokens": len(captured("token")), "runs": len(runs())}


@case
def a_wrong_secret():
    return refused(lambda: start(client(secret_credential(client_secret="wrong"))))


@case
def an_unknown_client():
    return refused(lambda: start(client(secret_credential(client_id=UNKNOWN_RUN))))


@case
def an_unknown_tenant():
    seen = refused(lambda: start(client(secret_credential(tenant_id=UNKNOWN_RUN))))
    return {**seen, "discovery": [request["status"] for request in captured("discovery")]}


@case
def an_unknown_certificate():
    return refused(lambda: start(client(certificate_credential(STRANGER))))


@case
def a_token_that_is_none():
    return refused(lambda: start(client(FixedCredential("none"))))


@case
def a_token_for_another_service():
    token = secret_credential().get_token("https://graph.microsoft.com/.default").token
    return refused(lambda: start(client(FixedCredential(token))))


@case
def a_principal_without_the_right():
    return refused(lambda: start(client(secret_credential(client_id=READER))))


@case
def a_token_endpoint_that_is_down_for_a_moment():
    faults(fault("token", "status", status=503, code="temporarily_unavailable", times=1))
    run = start(client())
    return {"started": [entry["runId"] for entry in runs()] == [run]}


@case
def a_token_endpoint_that_answers_html():
    faults(fault("token", "html", status=502))
    return refused(lambda: start(client(secret_credential(retry_total=0))))


@case
def a_claims_challenge():
    service = warm_client()
    faults(fault("createRun", "claims-challenge"))
    run = start(service)
    with_claims = [request for request in captured("token") if "claims=" in request["body"]]
    return {"started": [entry["runId"] for entry in runs()] == [run], "tokensWithClaims": len(with_claims)}
