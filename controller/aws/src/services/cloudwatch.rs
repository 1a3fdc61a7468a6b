//! CloudWatch alarms and metrics.

use crate::{caller::Caller, error::failure};
use aws_sdk_cloudwatch::{
    primitives::DateTime,
    types::{
        AlarmType, Dimension, Metric as Named, MetricDataQuery, MetricDataResult, MetricStat, ScanBy, StateValue,
        StatusCode,
    },
};
use firebreak_core::{
    aws::{
        access::Service,
        cloudwatch::{AlarmState, Datapoint},
        failure::{Failure, FailureClass},
    },
    run::act::{LagSight, Metric},
};
use firebreak_crds::failover_plan::{MetricDimension, Statistic};
use jiff::Timestamp;

const ALARMS: &str = "cloudwatch:DescribeAlarms";
const DATA: &str = "cloudwatch:GetMetricData";
/// How many periods may lie back what still counts as the latest: data come one to three minutes late.
const PERIODS: i64 = 5;

/// The state of an alarm, be it of one metric or composite. Unknown names are left out of the answer.
///
/// # Errors
/// A classified [`Failure`]; `Gone` where there is none of that name.
pub(crate) async fn alarm(caller: &Caller<'_>, name: &str) -> Result<AlarmState, Failure> {
    let request = caller
        .session
        .cloudwatch()
        .describe_alarms()
        .alarm_names(name)
        .alarm_types(AlarmType::MetricAlarm)
        .alarm_types(AlarmType::CompositeAlarm)
        .send();
    let found = caller.read(Service::CloudWatch, ALARMS, request).await?;
    let of_metric = found.metric_alarms.unwrap_or_default().into_iter();
    let composite = found.composite_alarms.unwrap_or_default().into_iter();
    let states = of_metric
        .map(|alarm| alarm.state_value)
        .chain(composite.map(|alarm| alarm.state_value));
    match states.into_iter().next() {
        Some(state) => read_state(state.as_ref()),
        None => Err(none(
            ALARMS,
            "ResourceNotFoundException",
            format!("there is no alarm {name}"),
        )),
    }
}

fn read_state(state: Option<&StateValue>) -> Result<AlarmState, Failure> {
    match state {
        Some(StateValue::Ok) => Ok(AlarmState::Ok),
        Some(StateValue::Alarm) => Ok(AlarmState::Alarm),
        Some(StateValue::InsufficientData) => Ok(AlarmState::InsufficientData),
        other => {
            let why = format!("the alarm is in a state that this version does not know: {other:?}");
            Err(failure(FailureClass::Transient, ALARMS, "UnreadableDocument", why))
        }
    }
}

/// The latest datapoint of a metric.
///
/// # Errors
/// A classified [`Failure`]; `Gone` where there is none in the last periods.
pub(crate) async fn datapoint(caller: &Caller<'_>, metric: &Metric) -> Result<Datapoint, Failure> {
    let (from, to) = window(Timestamp::now().as_second(), metric.period_seconds);
    let request = caller
        .session
        .cloudwatch()
        .get_metric_data()
        .metric_data_queries(query(metric))
        .start_time(DateTime::from_secs(from))
        .end_time(DateTime::from_secs(to))
        .scan_by(ScanBy::TimestampDescending)
        .send();
    let found = caller.read(Service::CloudWatch, DATA, request).await?;
    latest(metric, found.metric_data_results.unwrap_or_default())
}

/// How far a replica is behind. RDS tells it once a minute.
///
/// # Errors
/// As [`datapoint`].
pub(crate) async fn lag(caller: &Caller<'_>, instance: &str) -> Result<LagSight, Failure> {
    let metric = Metric {
        namespace: "AWS/RDS".into(),
        name: "ReplicaLag".into(),
        dimensions: vec![MetricDimension {
            name: "DBInstanceIdentifier".into(),
            value: instance.to_owned(),
        }],
        statistic: Statistic::Maximum,
        period_seconds: 60,
    };
    let Datapoint { value, began } = datapoint(caller, &metric).await?;
    Ok(LagSight { seconds: value, began })
}

/// The last whole periods: a period that goes on has too little in it, which a sum would take for a fall.
fn window(now: i64, period_seconds: u32) -> (i64, i64) {
    let period = i64::from(period_seconds.max(1));
    let end = now - now.rem_euclid(period);
    (end - PERIODS * period, end)
}

fn query(metric: &Metric) -> MetricDataQuery {
    let dimensions = metric
        .dimensions
        .iter()
        .map(|it| Dimension::builder().name(&it.name).value(&it.value).build());
    let named = Named::builder()
        .namespace(&metric.namespace)
        .metric_name(&metric.name)
        .set_dimensions(Some(dimensions.collect()))
        .build();
    let stat = MetricStat::builder()
        .metric(named)
        .period(i32::try_from(metric.period_seconds).unwrap_or(i32::MAX))
        .stat(statistic(metric.statistic))
        .build();
    MetricDataQuery::builder()
        .id("it")
        .metric_stat(stat)
        .return_data(true)
        .build()
}

fn statistic(statistic: Statistic) -> &'static str {
    match statistic {
        Statistic::Average => "Average",
        Statistic::Maximum => "Maximum",
        Statistic::Minimum => "Minimum",
        Statistic::Sum => "Sum",
        Statistic::SampleCount => "SampleCount",
    }
}

/// A query that failed inside of CloudWatch is no metric without data.
fn latest(metric: &Metric, results: Vec<MetricDataResult>) -> Result<Datapoint, Failure> {
    let result = results.into_iter().next();
    if let Some(code @ (StatusCode::InternalError | StatusCode::Forbidden)) =
        result.as_ref().and_then(|it| it.status_code.as_ref())
    {
        let class = match code {
            StatusCode::Forbidden => FailureClass::Denied,
            _ => FailureClass::Transient,
        };
        return Err(failure(
            class,
            DATA,
            code.as_str(),
            "the query failed within CloudWatch",
        ));
    }
    let latest = result.and_then(|it| {
        let value = it.values.unwrap_or_default().first().copied()?;
        let began = it.timestamps.unwrap_or_default().first().copied();
        let began = began.and_then(|at| Timestamp::from_second(at.secs()).ok());
        Some(Datapoint { value, began })
    });
    latest.ok_or_else(|| {
        let why = format!(
            "{} {} has no data in its last {PERIODS} periods",
            metric.namespace, metric.name
        );
        none(DATA, "ResourceNotFoundException", why)
    })
}

fn none(call: &str, code: &str, message: String) -> Failure {
    failure(FailureClass::Gone, call, code, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_periods_are_asked_for() {
        assert_eq!(window(1_000_000_019, 60), (999_999_660, 999_999_960));
        assert_eq!(window(1_000_000_020, 60), (999_999_720, 1_000_000_020));
    }
}
