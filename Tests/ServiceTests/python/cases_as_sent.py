"""Calls as they are sent. SDKComparisonTests.swift knows them by their names."""

from azure.core import MatchConditions
from azure.mgmt.datafactory.models import RunQueryFilter, RunQueryOrderBy

from stage import *


def recorded(call):
    service = warm_client()
    call(service)
    return captured()


@case
def sent_createRun():
    return recorded(start)


@case
def sent_createRun_with_parameters():
    return recorded(lambda service: start(service, parameters={"batch": 7, "note": "a + b = ü"}))


@case
def sent_createRun_with_options():
    # The run that is recovered need not exist for the request to be sent.
    return recorded(
        lambda service: outcome(
            lambda: start(
                service,
                reference_pipeline_run_id=UNKNOWN_RUN,
                is_recovery=True,
                start_activity_name="Copy it + all",
                start_from_failure=True,
            )
        )
    )


@case
def sent_run():
    return recorded(lambda service: outcome(lambda: service.pipeline_runs.get(GROUP, FACTORY, UNKNOWN_RUN)))


@case
def sent_pipeline():
    return recorded(lambda service: service.pipelines.get(GROUP, FACTORY, PIPELINE))


@case
def sent_pipeline_if_changed():
    return recorded(
        lambda service: outcome(
            lambda: service.pipelines.get(
                GROUP, FACTORY, PIPELINE, etag="known", match_condition=MatchConditions.IfModified
            )
        )
    )


def query(token=None):
    return RunFilterParameters(
        last_updated_after=datetime(2026, 11, 22, 0, 0, 0, tzinfo=timezone.utc),
        last_updated_before=datetime(2026, 11, 22, 2, 0, 0, tzinfo=timezone.utc),
        filters=[RunQueryFilter(operand="PipelineName", operator="Equals", values_property=["long"])],
        order_by=[RunQueryOrderBy(order_by="RunStart", order="DESC")],
        continuation_token=token,
    )


@case
def sent_runs():
    return recorded(lambda service: service.pipeline_runs.query_by_factory(GROUP, FACTORY, query()))


@case
def sent_runs_continued():
    # Whether the emulator knows the token does not matter here.
    return recorded(
        lambda service: outcome(lambda: service.pipeline_runs.query_by_factory(GROUP, FACTORY, query("next")))
    )


@case
def sent_cancel():
    return recorded(
        lambda service: outcome(lambda: service.pipeline_runs.cancel(GROUP, FACTORY, UNKNOWN_RUN, is_recursive=True))
    )


@case
def sent_token_by_secret():
    secret_credential().get_token("https://management.azure.com/.default")
    return captured()


@case
def sent_token_by_certificate():
    certificate_credential().get_token("https://management.azure.com/.default")
    return captured()
