"""CloudWatch in the form in which the AWS SDK for Rust asks it: CBOR in and out, and JSON for whatever stands between."""

import datetime
import http
import json
import sys
import urllib.error
import urllib.request

import pytest
from conftest import E2E

sys.path.insert(0, str(E2E / "testbed"))
from emulator import cbor  # noqa: E402 - it lies beside the bed

AUTHORIZATION = "AWS4-HMAC-SHA256 Credential={key}/20260101/{region}/monitoring/aws4_request, SignedHeaders=host, Signature=0"


@pytest.fixture
def asked(world, aws):
    """`asked("DescribeAlarms", AlarmNames=[..])` is the status and what was answered."""
    key = AUTHORIZATION.format(key=aws.credentials["AccessKeyId"], region=world["region"])
    headers = {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor", "Authorization": key}

    def ask(action: str, **content):
        url = f"{world['endpoint']}/service/GraniteServiceVersion20100801/operation/{action}"
        request = urllib.request.Request(url, data=cbor.encode(content), headers=headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, cbor.decode(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, cbor.decode(error.read())

    return ask


@pytest.mark.parametrize("value", [{}, [], "", "ü" * 30, 0, 23, 24, -1, 70000, 1.5, True, None, {"a": [{"b": "c"}, 2]}])
def test_what_is_encoded_is_decoded(value):
    assert cbor.decode(cbor.encode(value)) == value


@pytest.mark.parametrize(("content", "value"), [
    ("bf6161f5ff", {"a": True}), ("9f0102ff", [1, 2]), ("7f61616162ff", "ab"), ("c11a514b67b0", 1363896240),
    ("f93c00", 1.0), ("fa3fc00000", 1.5), ("1903e8", 1000), ("3863", -100),
])
def test_the_forms_that_others_write_are_read(content, value):
    assert cbor.decode(bytes.fromhex(content)) == value


def test_an_alarm_is_told_in_cbor(asked, aws):
    aws("cloudwatch").put_metric_alarm(AlarmName="slow", Namespace="Shop", MetricName="Time", Statistic="Average", Period=60,
                                       EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold")
    status, answer = asked("DescribeAlarms", AlarmNames=["slow"], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    (alarm,) = answer["MetricAlarms"]
    assert (status, alarm["AlarmName"], answer["CompositeAlarms"]) == (http.HTTPStatus.OK, "slow", [])
    assert asked("DescribeAlarms", AlarmNames=["none"])[1]["MetricAlarms"] == []


def test_times_go_in_and_out_as_times(asked, aws):
    now = datetime.datetime.now(datetime.timezone.utc).replace(second=0, microsecond=0)
    then = now - datetime.timedelta(minutes=2)
    aws("cloudwatch").put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "Errors", "Value": 5.0, "Timestamp": then}])
    stat = {"Metric": {"Namespace": "Shop", "MetricName": "Errors"}, "Period": 60, "Stat": "Sum"}
    span = {"StartTime": now.timestamp() - 300, "EndTime": now.timestamp()}
    _, answer = asked("GetMetricData", MetricDataQueries=[{"Id": "it", "MetricStat": stat}], **span)
    (result,) = answer["MetricDataResults"]
    assert (result["Values"], result["Timestamps"]) == ([5.0], [then.timestamp()])


def test_a_refusal_is_told_in_cbor_and_journalled_like_any_other_call(asked, control, world):
    control.fail("DescribeAlarms", "AccessDenied", account=world["accountId"])
    status, answer = asked("DescribeAlarms", AlarmNames=["slow"])
    assert status >= http.HTTPStatus.BAD_REQUEST and "AccessDenied" in json.dumps(answer)
    (call,) = control.calls(world["accountId"], reads=True, action="DescribeAlarms")
    assert (call["service"], call["params"]) == ("monitoring", {"AlarmNames": ["slow"]})
