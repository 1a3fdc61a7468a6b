//! The record of each region in the run store: which serial was consumed. It is read and written conditionally, and bounded.

use super::{pass::Pass, unknown_account};
use crate::{
    bounded::late,
    executor::{ATTEMPT_DEADLINE, Executor, ReconcileError},
};
use firebreak_core::{
    aws::{
        Site,
        access::Access,
        failure::Failure,
        s3::{Place, Stored},
    },
    respond::failover::serials::{Kept, Records, SerialRecord},
};
use firebreak_crds::failover_plan::RunStoreBucket;
use std::time::Duration;
use tokio::time::timeout;

/// The longest that a record is waited for: the region may be the one that is lost.
const RECORD_DEADLINE: Duration = Duration::from_secs(5);

impl Executor {
    /// Reads both records side by side: a region that does not answer is no reason to wait for long.
    pub(super) async fn read_records(&self, pass: &mut Pass) {
        let regions = pass.world.subject.spec.regions.clone();
        let (primary, standby) = futures::join!(
            self.read_record(pass, &regions.primary),
            self.read_record(pass, &regions.standby)
        );
        pass.tags = [(regions.primary, primary.1), (regions.standby, standby.1)].into();
        pass.world.records = Some(Records {
            primary: primary.0,
            standby: standby.0,
        });
    }

    async fn read_record(&self, pass: &Pass, region: &str) -> (Kept, Option<String>) {
        let Some((access, place)) = place(pass, region) else {
            let unknown = unknown_account("s3:GetObject", &pass.world.subject.spec.account_ref.name);
            return (Kept::Unreadable(unknown.to_string()), None);
        };
        let read = timeout(RECORD_DEADLINE, self.cloud.stored(&access, &place)).await;
        match read.unwrap_or_else(|_| Err(late("s3:GetObject", RECORD_DEADLINE))) {
            Ok(None) => (Kept::Absent, None),
            Ok(Some(stored)) => (decoded(&stored, &place), Some(stored.etag)),
            Err(failure) => (Kept::Unreadable(failure.to_string()), None),
        }
    }

    /// Records a serial in both buckets side by side; only that of the named region must take it. Both are read again then: what
    /// is there counts, not what was meant.
    pub(super) async fn consume(
        &self,
        pass: &mut Pass,
        record: &SerialRecord,
        region: &str,
    ) -> Result<(), ReconcileError> {
        self.lead()?;
        let other = pass.world.subject.spec.regions.other(region).to_owned();
        let (must, may) = futures::join!(
            self.write_record(pass, record, region),
            self.write_record(pass, record, &other)
        );
        if let Err(failure) = may {
            tracing::warn!(region = other, %failure, "the serial is not recorded in the other region");
        }
        self.read_records(pass).await;
        if let (Err(failure), Some(records)) = (must, pass.world.records.as_mut()) {
            let is_primary = region == pass.world.subject.spec.regions.primary;
            let kept = if is_primary {
                &mut records.primary
            } else {
                &mut records.standby
            };
            // Somebody else's record is read by now; where there is none, the write was refused.
            if matches!(kept, Kept::Absent) || matches!(kept, Kept::Record(known) if known.serial < record.serial) {
                *kept = Kept::Unreadable(failure.to_string());
            }
        }
        Ok(())
    }

    async fn write_record(&self, pass: &Pass, record: &SerialRecord, region: &str) -> Result<Stored, Failure> {
        let (access, place) = place(pass, region)
            .ok_or_else(|| unknown_account("s3:PutObject", &pass.world.subject.spec.account_ref.name))?;
        let over = pass.tags.get(region).cloned().flatten();
        let body = serde_json::to_string_pretty(record).unwrap_or_default();
        let write = self.cloud.store(&access, &place, &body, over.as_deref());
        let written = timeout(ATTEMPT_DEADLINE, write).await;
        written.unwrap_or_else(|_| Err(late("s3:PutObject", ATTEMPT_DEADLINE)))
    }
}

/// Where the record of a region lies, and as whom it is asked for.
fn place(pass: &Pass, region: &str) -> Option<(Access, Place)> {
    let (spec, owner) = (&pass.world.subject.spec, &pass.world.subject.owner);
    let account = pass.world.accounts.get(&spec.account_ref.name)?;
    let access = pass.world.access(&Site::new(&account.account_id, region))?;
    let RunStoreBucket { bucket, prefix } = match region == spec.regions.primary {
        true => &spec.run_store.primary,
        false => &spec.run_store.standby,
    };
    let place = Place {
        bucket: bucket.clone(),
        key: format!("{prefix}failover/{}/{}/serial.json", owner.namespace, owner.name),
    };
    Some((access, place))
}

fn decoded(stored: &Stored, place: &Place) -> Kept {
    match serde_json::from_str::<SerialRecord>(&stored.body) {
        Ok(record) => Kept::Record(record),
        Err(error) => Kept::Unreadable(format!(
            "s3://{}/{} is no record of a serial: {error}; restore an earlier version of the object",
            place.bucket, place.key
        )),
    }
}
