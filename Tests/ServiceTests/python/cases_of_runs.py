"""Runs that are started, read, queried and cancelled."""

from azure.core import MatchConditions
from azure.mgmt.datafactory.models import RunQueryFilter, RunQueryOrderBy

from stage import *


@case
def a_run_without_parameters():
    run = start(client())
    sent = captured("createRun")[0]
    entry = runs()[0]
    return {
        "idIsTheRequests": run == sent["headers"]["x-ms-client-request-id"],
        "parameters": entry["parameters"],
        "pipeline": entry["pipeline"],
    }


@case
def a_run_with_parameters_of_every_type():
    parameters = {
        "text": "größer \u0000 \"quoted\" \U0001f680",
        "number": -7,
        "fraction": 1.5,
        "flag": True,
        "list": [1, "two", None, {"three": []}],
        "object": {"a": {"b": [False]}},
    }
    start(client(), "every-type", parameters)
    return {"asSent": runs()[0]["parameters"] == parameters}


@case
def a_run_that_recovers_another():
    service = client()
    first = start(service, parameters={"batch": 7})
    second = start(
        service,
        reference_pipeline_run_id=first,
        is_recovery=True,
        start_activity_name="Copy it + all",
    )
    third = start(service, reference_pipeline_run_id=first, is_recovery=True, start_from_failure=True)
    seen = [service.pipeline_runs.get(GROUP, FACTORY, run) for run in (first, second, third)]
    return {
        "different": len({first, second, third}) == 3,
        "oneGroup": len({run.run_group_id for run in seen}) == 1,
        "latest": [run.is_latest for run in seen],
        "parameters": [run.parameters for run in seen],
    }


@case
def a_pipeline_with_an_odd_name():
    service = client()
    name = "größe (and [brackets]) 100 = a;b@c"
    run = start(service, name)
    return {
        "pipeline": runs()[0]["pipeline"] == name,
        "get": service.pipelines.get(GROUP, FACTORY, name).name == name,
        "run": service.pipeline_runs.get(GROUP, FACTORY, run).pipeline_name == name,
    }


@case
def a_pipeline_is_read():
    pipeline = client().pipelines.get(GROUP, FACTORY, "every-type")
    return {
        "name": pipeline.name,
        "type": pipeline.type,
        "hasETag": bool(pipeline.etag),
        "parameters": {name: value.type for name, value in pipeline.properties.parameters.items()},
        "default": pipeline.properties.parameters["number"].default_value,
    }


@case
def a_pipeline_that_has_not_changed():
    service = client()
    etag = service.pipelines.get(GROUP, FACTORY, PIPELINE).etag
    # The SDK takes 304 for a success without a value.
    unchanged = service.pipelines.get(
        GROUP, FACTORY, PIPELINE, etag=etag.strip('"'), match_condition=MatchConditions.IfModified
    )
    return {"value": unchanged, "status": captured("getPipeline")[-1]["status"]}


@case
def a_run_is_read():
    service = client()
    run = start(service, "every-type", {"number": 5, "list": [1], "text": "x"})
    seen = service.pipeline_runs.get(GROUP, FACTORY, run)
    return {
        "id": seen.run_id == run,
        "group": seen.run_group_id == run,
        "isLatest": seen.is_latest,
        "pipeline": seen.pipeline_name,
        "isLive": seen.status in ("Queued", "InProgress"),
        "parameters": seen.parameters,
        "invokedBy": seen.invoked_by.name,
        "startIsATime": isinstance(seen.run_start, datetime),
        "end": seen.run_end,
    }


@case
def a_run_is_cancelled():
    service = client()
    run = start(service, "long")
    service.pipeline_runs.cancel(GROUP, FACTORY, run)
    service.pipeline_runs.cancel(GROUP, FACTORY, start(service, "long"), is_recursive=True)
    return {"cancelled": service.pipeline_runs.get(GROUP, FACTORY, run).status in ("Canceling", "Cancelled")}


@case
def many_runs_are_queried_page_by_page():
    service = client()
    started = [start(service, "long") for _ in range(250)]
    pages, token = [], None
    while True:
        page = service.pipeline_runs.query_by_factory(GROUP, FACTORY, window(continuation_token=token))
        pages.append([run.run_id for run in page.value])
        token = page.continuation_token
        if not token:
            break
    found = [run for page in pages for run in page]
    return {"pages": [len(page) for page in pages], "each": sorted(found) == sorted(started)}


@case
def runs_are_filtered_and_ordered():
    service = client()
    wanted = [start(service, "long") for _ in range(3)]
    start(service)
    page = service.pipeline_runs.query_by_factory(
        GROUP,
        FACTORY,
        window(
            filters=[
                RunQueryFilter(operand="PipelineName", operator="Equals", values_property=["long"]),
                RunQueryFilter(operand="Status", operator="In", values_property=["Queued", "InProgress"]),
            ],
            order_by=[RunQueryOrderBy(order_by="RunStart", order="DESC")],
        ),
    )
    return {"found": [run.run_id for run in page.value] == wanted[::-1], "token": page.continuation_token}
