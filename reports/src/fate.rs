//! What becomes of the pods of a scenario: whether they can run, and where they are refused.

use shimproof_model::abstraction::Abstract;
use shimproof_model::trace::record;
use shimproof_model::{Action, Refusal, World};
use shimproof_properties::Finding;
use shimproof_properties::reachability::{self, Reachability};
use shimproof_search::Answer;

/// The reachability that says that a pod runs.
const RUNS: &str = "pod-runs";
/// What faults do by themselves, in any scenario.
const TRANSPORT: [&str; 3] = [
    "refused:unavailable",
    "refused:deadline-exceeded",
    "refused:shim-gone",
];

/// What becomes of the pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// Whether some reachable state has all containers of a pod running; none if the search was cut short.
    pub runs: Option<bool>,
    /// The refusals that pods meet: first those that need no fault, then the nearest.
    pub refusals: Vec<FatalRefusal>,
}

/// A refusal that a pod can meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FatalRefusal {
    /// Where it is given.
    pub stage: String,
    /// The error as the client gets it.
    pub error: String,
    /// After how many steps, and no fewer.
    pub steps: usize,
    /// How many of them are faults.
    pub faults: usize,
}

/// What has to be asked to know the fate.
pub(crate) fn asked() -> Vec<Reachability> {
    let refusals = Refusal::IDS.iter().map(|id| format!("refused:{id}"));
    let ids = std::iter::once(RUNS.to_owned()).chain(refusals);
    ids.filter(|id| !TRANSPORT.contains(&id.as_str()))
        .filter_map(|id| reachability::find(&id))
        .collect()
}

/// The fate, from the answers to what [`asked`] asks.
pub(crate) fn fate(world: &World<Abstract>, findings: &[Finding<Abstract>]) -> Fate {
    let runs = findings
        .iter()
        .find(|finding| finding.id == RUNS)
        .and_then(|finding| match finding.answer {
            Answer::Reached => Some(true),
            Answer::Unreached => Some(false),
            _ => None,
        });
    let mut refusals: Vec<FatalRefusal> = findings
        .iter()
        .filter(|finding| finding.id != RUNS)
        .filter_map(|finding| {
            let path = finding.path.as_ref()?;
            let actions: Vec<Action<Abstract>> = path.actions().map(|taken| taken.action).collect();
            let refusal = record(world, &actions).0.steps.pop()?.refusal?;
            Some(FatalRefusal {
                stage: refusal.stage,
                error: refusal.error.replace('\n', " "),
                steps: actions.len(),
                faults: actions.iter().filter(|action| action.is_fault()).count(),
            })
        })
        .collect();
    refusals.sort_by_key(|refusal| (refusal.faults, refusal.steps));
    Fate { runs, refusals }
}
