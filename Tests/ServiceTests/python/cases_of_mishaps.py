"""Calls that go wrong on the way."""

from stage import *


@case
def throttled_once_with_a_wait():
    return spoilt(fault("createRun", "throttle", retryAfterSeconds=1, times=1))


@case
def throttled_for_ever_with_a_wait():
    return spoilt(fault("createRun", "throttle", retryAfterSeconds=1), retries=1)


@case
def throttled_without_a_wait():
    return spoilt(fault("createRun", "throttle"))


@case
def an_inner_error_once():
    return spoilt(fault("createRun", "status", status=500, code="InternalServerError", times=1))


@case
def an_inner_error_for_ever():
    return spoilt(fault("createRun", "status", status=500, code="InternalServerError"), retries=1)


@case
def unavailable_twice():
    return spoilt(fault("createRun", "status", status=503, code="ServiceUnavailable", times=2))


@case
def a_gateway_timeout_after_the_run_began():
    return spoilt(fault("createRun", "gateway-timeout-after-commit", times=1))


@case
def a_gateway_timeout_for_ever():
    return spoilt(fault("createRun", "gateway-timeout"), retries=1)


@case
def a_bad_gateway_that_answers_html():
    return spoilt(fault("createRun", "html", status=502))


@case
def a_page_of_html_in_place_of_a_run():
    return spoilt(fault("createRun", "html", status=200))


@case
def an_answer_that_breaks_off():
    return spoilt(fault("createRun", "truncated-body-after-commit", times=1))


@case
def a_connection_reset_before_the_run_began():
    return spoilt(fault("createRun", "reset-before-commit", times=1))


@case
def a_connection_reset_after_the_run_began():
    return spoilt(fault("createRun", "reset-after-commit", times=1))


@case
def a_connection_reset_under_a_read():
    def read(service):
        return service.pipelines.get(GROUP, FACTORY, PIPELINE).name

    return spoilt(fault("getPipeline", "reset-before-commit", times=1), call=read)


@case
def an_answer_that_never_comes():
    return spoilt(fault("createRun", "hang", times=1), call=lambda service: start(service, read_timeout=1))
