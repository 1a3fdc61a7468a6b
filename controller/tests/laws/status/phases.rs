//! The phases in which somebody opens AWS.

use crate::support::{
    Bench,
    words::{self, rule},
    worlds::Spec,
};
use firebreak_cloud::memory::{World, sample};
use firebreak_crds::{Action, ApprovalRule, Mode, Verb};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Containing,
    Settling,
    Contained,
    Observed,
    NeverWritten,
    ObservedRelease,
    AwaitedRelease,
    RejectedRelease,
    Halted,
    HaltedRelease,
    Fought,
    FoughtRelease,
    Releasing,
    Withheld,
    Orphaned,
}

impl Phase {
    /// A bench in this phase; none where the target never is in it.
    pub async fn reach(self, spec: &Spec) -> Option<Bench> {
        let bench = Bench::of(sample());
        bench.api.seed(&words::account());
        bench.api.seed(&self.guardrail());
        bench.quarantined("q", (spec.target)());
        match self {
            Self::NeverWritten => bench.change("q", |q| q.spec.mode = Mode::Observe),
            Self::Containing => bench.aws.fail_nth_write(2, firebreak_cloud::memory::Fault::Hang),
            _ => {}
        }
        if matches!(self, Self::NeverWritten | Self::Containing | Self::Settling) {
            bench.respond("q").await.unwrap();
            return Some(bench);
        }
        assert_eq!(bench.settle("q").await, "Contained", "{}", spec.name);
        bench.keep("q", 310).await;
        self.go_on(&bench).await;
        (self != Self::Withheld || bench.says("q", "Released") == "False/RestoreWithheld").then_some(bench)
    }

    /// Nobody is needed to contain; for a release one person, where it is to wait.
    fn guardrail(self) -> firebreak_crds::Guardrail {
        let waits = matches!(
            self,
            Self::AwaitedRelease | Self::RejectedRelease | Self::FoughtRelease | Self::Orphaned
        );
        words::guardrail("law", |spec| {
            let of = |action, required| ApprovalRule {
                action: Some(action),
                ..rule(required)
            };
            spec.approvals = vec![of(Action::Contain, 0), of(Action::Release, u8::from(waits))];
        })
    }

    async fn go_on(self, bench: &Bench) {
        match self {
            Self::Observed => bench.change("q", |q| q.spec.mode = Mode::Observe),
            Self::ObservedRelease => {
                bench.change("q", |q| q.spec.mode = Mode::Observe);
                bench.let_go("q");
            }
            Self::AwaitedRelease | Self::RejectedRelease => bench.let_go_of_everything("q"),
            Self::Halted => bench.stop(),
            Self::HaltedRelease => {
                bench.stop();
                bench.let_go_of_everything("q");
            }
            Self::Fought => fight(bench).await,
            Self::FoughtRelease => {
                bench.let_go_of_everything("q");
                fight(bench).await;
            }
            Self::Releasing => {
                bench.let_go_of_everything("q");
                bench.aws.fail_nth_write(2, firebreak_cloud::memory::Fault::Hang);
            }
            Self::Withheld => bench.let_go("q"),
            Self::Orphaned => bench.delete("q"),
            Self::Containing | Self::Settling | Self::Contained | Self::NeverWritten => {}
        }
        if self == Self::Withheld {
            bench.settle("q").await;
        }
        let _ = bench.respond("q").await;
        if self == Self::RejectedRelease {
            bench.say("q", "ann@example.com", |spec| spec.verb = Verb::Reject);
            let _ = bench.respond("q").await;
        }
        bench.tend_all().await;
    }

    /// Without this the law could hold because nothing is ever claimed.
    pub fn has_said(self, bench: &Bench, what: &str) {
        let claims = matches!(
            self,
            Self::Contained
                | Self::Observed
                | Self::ObservedRelease
                | Self::AwaitedRelease
                | Self::RejectedRelease
                | Self::Halted
                | Self::HaltedRelease
        );
        if claims {
            assert_eq!(bench.says("q", "Contained"), "True/Contained", "{what}");
        }
    }

    /// Somebody puts everything back to how it was, behind Firebreak's back.
    pub fn open(self, bench: &Bench) {
        bench.aws.change(opened);
    }
}

fn opened(world: &mut World) {
    *world = sample();
}

/// Somebody opens it again and again, until Firebreak puts it right no more.
async fn fight(bench: &Bench) {
    for _ in 0..8 {
        bench.aws.change(opened);
        bench.keep("q", 35).await;
    }
}
