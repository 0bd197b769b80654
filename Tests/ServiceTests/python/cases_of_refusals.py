"""Calls that the service refuses."""

from azure.mgmt.datafactory.models import RunQueryFilter

from stage import *


@case
def a_pipeline_that_is_not_there():
    return refused(lambda: client().pipelines.get(GROUP, FACTORY, "none"))


@case
def a_run_of_a_pipeline_that_is_not_there():
    return refused(lambda: start(client(), "none"))


@case
def a_factory_that_is_not_there():
    return refused(lambda: client().pipelines.create_run(GROUP, "none", PIPELINE))


@case
def a_resource_group_that_is_not_there():
    return refused(lambda: client().pipelines.create_run("none", FACTORY, PIPELINE))


@case
def a_subscription_that_is_not_there():
    service = DataFactoryManagementClient(secret_credential(), UNKNOWN_RUN, base_url=ENDPOINT)
    return refused(lambda: start(service))


@case
def a_run_that_is_not_there():
    return refused(lambda: client().pipeline_runs.get(GROUP, FACTORY, UNKNOWN_RUN))


@case
def a_cancel_of_a_run_that_is_not_there():
    return refused(lambda: client().pipeline_runs.cancel(GROUP, FACTORY, UNKNOWN_RUN))


@case
def a_recovery_of_a_run_that_is_not_there():
    return refused(lambda: start(client(), reference_pipeline_run_id=UNKNOWN_RUN, is_recovery=True))


@case
def a_parameter_of_the_wrong_type():
    return refused(lambda: start(client(), parameters={"batch": "seven"}))


@case
def a_parameter_that_is_not_declared():
    return refused(lambda: start(client(), parameters={"none": 1}))


@case
def an_api_version_that_does_not_exist():
    return refused(lambda: start(client(api_version="2017-09-01-preview")))


@case
def a_query_with_an_operand_that_does_not_exist():
    filters = [RunQueryFilter(operand="Colour", operator="Equals", values_property=["x"])]
    return refused(lambda: client().pipeline_runs.query_by_factory(GROUP, FACTORY, window(filters=filters)))


@case
def a_conflict():
    return spoilt(fault("createRun", "status", status=409, code="MissingSubscriptionRegistration"), retries=0)
