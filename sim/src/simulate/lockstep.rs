//! Bytes and their abstraction, side by side: each step is taken in both, and they must agree on everything.

use shimproof_model::log::Decisions;
use shimproof_model::{Action, Domain, Node, World, enabled_environment, enabled_pod};
use shimproof_properties::{Broken, Property};

use super::coverage::{Coverage, Recording};
use super::relation::{Abstraction, Difference, Pair, environments, same_action};
use crate::wire::Wire;

/// One world in both domains.
#[derive(Clone, Debug)]
pub struct Twins<A: Abstraction> {
    /// In bytes.
    pub wire: World<Wire>,
    /// In the domain that is said to be its abstraction.
    pub abstracted: World<A>,
}

/// An action in both domains.
pub(super) type Both<A> = (Action<Wire>, Action<A>);

/// A property that is checked, in both domains.
pub(super) type Checked<A> = (Property<Wire>, Property<A>);

/// What a run showed to be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Of what kind.
    pub kind: FaultKind,
    /// What is wrong, with the values.
    pub what: String,
}

/// What kind of fault a run shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// A property is violated, in bytes as in the abstraction.
    Property(&'static str),
    /// A step in bytes is no step of the abstraction, or violates a property only there.
    Refinement,
    /// A function of the machine panicked.
    Panic,
}

impl FaultKind {
    /// Its name: that of the property, or `refinement`, or `no-panic`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Property(id) => id,
            Self::Refinement => "refinement",
            Self::Panic => "no-panic",
        }
    }
}

impl From<Difference> for Fault {
    fn from(what: Difference) -> Self {
        Self {
            kind: FaultKind::Refinement,
            what,
        }
    }
}

/// The two nodes.
pub(super) struct Lockstep<'t, A: Abstraction> {
    twins: &'t Twins<A>,
    checked: &'t [Checked<A>],
    wire: Node<Wire>,
    abstracted: Node<A>,
}

impl<'t, A: Abstraction> Lockstep<'t, A> {
    /// Both nodes when they have just started.
    pub fn start(
        twins: &'t Twins<A>,
        checked: &'t [Checked<A>],
        coverage: &mut Coverage,
    ) -> Result<Self, Fault> {
        let mut log = Recording {
            decisions: Decisions::default(),
            coverage,
        };
        let mut abstract_log = Decisions::default();
        let lockstep = Self {
            wire: Node::initial(&twins.wire, &mut log),
            abstracted: Node::initial(&twins.abstracted, &mut abstract_log),
            twins,
            checked,
        };
        lockstep.decisions_agree(&log.decisions, &abstract_log)?;
        lockstep.agree(None)?;
        Ok(lockstep)
    }

    /// How many pods there are.
    pub fn pods(&self) -> usize {
        self.wire.pods.len()
    }

    /// What can happen to a pod, or without one to the node as a whole.
    pub fn enabled(&self, pod: Option<u8>, out: &mut Vec<Both<A>>) -> Result<(), Fault> {
        out.clear();
        let (mut wire, mut abstracted) = (Vec::new(), Vec::new());
        let (left, right) = (&self.wire.environment, &self.abstracted.environment);
        let (left_world, right_world) = (&self.twins.wire, &self.twins.abstracted);
        match pod {
            None => {
                enabled_environment(left_world, left, |action| wire.push(Action::Environment(action)));
                enabled_environment(right_world, right, |action| {
                    abstracted.push(Action::Environment(action));
                });
            }
            Some(pod) => {
                let index = usize::from(pod);
                enabled_pod(left_world, left, &self.wire.pods[index], |action| {
                    wire.push(Action::Pod(pod, action));
                });
                enabled_pod(right_world, right, &self.abstracted.pods[index], |action| {
                    abstracted.push(Action::Pod(pod, action));
                });
            }
        }
        let alike = wire.len() == abstracted.len()
            && wire
                .iter()
                .zip(&abstracted)
                .all(|(left, right)| same_action(*left, *right));
        if !alike {
            return Err(
                format!("what can happen: {wire:?} in bytes, {abstracted:?} in the abstraction").into(),
            );
        }
        out.extend(wire.into_iter().zip(abstracted));
        Ok(())
    }

    /// Takes a step in both. It must be enabled.
    pub fn take(&mut self, (wire, abstracted): Both<A>, coverage: &mut Coverage) -> Result<(), Fault> {
        let mut log = Recording {
            decisions: Decisions::default(),
            coverage,
        };
        let mut abstract_log = Decisions::default();
        let refusal = self.wire.apply(&self.twins.wire, wire, &mut log).err();
        let abstract_refusal = self
            .abstracted
            .apply(&self.twins.abstracted, abstracted, &mut abstract_log)
            .err();
        log.coverage.action(wire, refusal);
        if refusal != abstract_refusal {
            let what = format!("the refusal: {refusal:?} in bytes, {abstract_refusal:?} in the abstraction");
            return Err(what.into());
        }
        self.decisions_agree(&log.decisions, &abstract_log)?;
        self.agree(match wire {
            Action::Environment(_) => None,
            Action::Pod(pod, _) => Some(pod),
        })
    }

    #[expect(clippy::unused_self, reason = "a question to the pair, as the others are")]
    fn decisions_agree(&self, wire: &Decisions, abstracted: &Decisions) -> Result<(), Fault> {
        if wire.0 == abstracted.0 {
            Ok(())
        } else {
            Err(
                format!("the decisions of guards: {wire:?} in bytes, {abstracted:?} in the abstraction")
                    .into(),
            )
        }
    }

    /// Compares the states, and asks the properties, as far as a step to one pod or to all can have changed them.
    fn agree(&self, pod: Option<u8>) -> Result<(), Fault> {
        environments(&self.wire.environment, &self.abstracted.environment)?;
        let touched = match pod {
            Some(pod) => usize::from(pod)..usize::from(pod) + 1,
            None => 0..self.wire.pods.len(),
        };
        for index in touched.clone() {
            let pods = (&self.wire.pods[index], &self.abstracted.pods[index]);
            let pair = Pair {
                wire: &self.twins.wire,
                abstracted: &self.twins.abstracted,
                pods,
            };
            pair.related()?;
        }
        for (concrete, abstracted) in self.checked {
            let found = touched.clone().find_map(|index| {
                let broken = broken_at(&self.twins.wire, &self.wire, index, concrete)?;
                Some((index, broken))
            });
            let Some((index, broken)) = found else { continue };
            let also = broken_at(&self.twins.abstracted, &self.abstracted, index, abstracted).is_some();
            return Err(if also {
                Fault {
                    kind: FaultKind::Property(concrete.id),
                    what: broken.what,
                }
            } else {
                format!("{} is violated in bytes only: {}", concrete.id, broken.what).into()
            });
        }
        Ok(())
    }
}

/// How a pod breaks a property, by itself or with another one.
fn broken_at<D: Domain>(
    world: &World<D>,
    node: &Node<D>,
    index: usize,
    property: &Property<D>,
) -> Option<Broken> {
    let pod = &node.pods[index];
    let alone = (property.broken)(world, &node.environment, pod, &mut |_| ());
    alone.or_else(|| {
        let between = property.between?;
        let others = node.pods.iter().enumerate().filter(|(other, _)| *other != index);
        others
            .into_iter()
            .find_map(|(_, other)| (between.broken)(world, pod, other))
    })
}
