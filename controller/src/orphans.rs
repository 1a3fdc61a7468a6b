//! Effects for custody whose object is gone: asks the pure engine, performs, asks again.

use crate::responder::{Responder, Trouble};
use firebreak_core::{
    access::Access,
    engine::orphan::{self, Orphan, OrphanEffect},
    facts::Facts,
};
use firebreak_crds::Hold;
use kube::ResourceExt;

const MAX_EFFECTS: usize = 32;

impl Responder {
    /// Brings one orphaned Hold as far as it goes now.
    ///
    /// # Errors
    /// [`Trouble`]: start over, later.
    pub async fn tend(&self, name: &str, uid: Option<&str>) -> Result<(), Trouble> {
        let hold = self
            .records
            .hold(name)
            .await?
            .filter(|hold| uid.is_none() || hold.uid().as_deref() == uid);
        let Some(mut hold) = hold.filter(|hold| hold.spec.holders.is_empty()) else {
            return Ok(());
        };
        let (mut facts, mut access) = (Facts::default(), access(&hold));
        for _ in 0..MAX_EFFECTS {
            let world = self.orphan(&hold).await?;
            match orphan::decide(&world, &facts, self.clock.now()) {
                OrphanEffect::Ask(queries) => {
                    for query in queries {
                        let answer = self.cloud.observe(&access, &query).await;
                        facts.insert(query, answer);
                    }
                }
                OrphanEffect::Update(spec) => {
                    self.lead()?;
                    hold = self.records.update_hold(&hold, *spec).await?;
                    access = self::access(&hold);
                }
                OrphanEffect::Delete => {
                    self.lead()?;
                    return Ok(self.records.delete_hold(&hold).await?);
                }
                OrphanEffect::Write(writes) => {
                    for write in &writes {
                        self.lead()?;
                        self.attempt(&access, write).await.map_err(Trouble::Aws)?;
                    }
                    facts = Facts::default();
                }
                OrphanEffect::Rest => return Ok(()),
            }
        }
        Err(Trouble::Restless)
    }

    async fn orphan(&self, hold: &Hold) -> Result<Orphan, Trouble> {
        let uid = hold.uid().unwrap_or_default();
        let home = &self.records.home;
        let (decisions, guardrails, stop, admission) = futures::join!(
            self.records.decisions(home, &uid),
            self.records.guardrails(),
            self.records.stop(),
            self.admission.admission(),
        );
        Ok(Orphan {
            hold: hold.spec.clone(),
            decisions: decisions?,
            guardrails: guardrails?.into_iter().map(|guardrail| guardrail.spec).collect(),
            stop: stop?,
            admission,
            uid,
        })
    }
}

fn access(hold: &Hold) -> Access {
    Access {
        account: hold.spec.account.clone(),
        region: hold.spec.region.clone(),
        namespace: String::new(),
        name: hold.name_any(),
        uid: hold.uid().unwrap_or_default(),
    }
}
