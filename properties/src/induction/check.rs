//! Takes a step from every state that was drawn, and looks whether a clause is lost.

use std::collections::HashMap;

use shimproof_model::abstraction::{Abstract, Any};
use shimproof_model::{
    Channel, Delivered, InFlight, Node, Server, Target, step, step_environment, step_pod_after_environment,
};

use super::cases::Cases;
use super::clause::{Clause, Clauses};
use super::draw::{Draw, RECORDED, State, Stop};
use super::facts::Facts;
use super::field::{Field, Fields};
use super::step::{Act, Step};
use super::tape::Tape;
use crate::options_accepted::delivery;
use crate::property::Property;

/// What came of a step.
pub(super) enum Checked {
    /// The clauses hold after it, from every state.
    Kept,
    /// One does not.
    Lost(Box<Loss>),
    /// There were more states than may be tried.
    BoundReached,
}

/// A step from a state that satisfies the invariant to one that does not.
pub(super) struct Loss {
    pub clause: Clause,
    pub before: State,
    pub after: State,
    pub what: String,
}

/// Whether each shim takes a message, by channel, task and message.
type Verdicts = HashMap<(Channel, bool, Option<Any>), Vec<bool>>;

/// Checks steps for one property.
pub(super) struct Checker<'c> {
    pub draw: Draw<'c>,
    property: Property<Abstract>,
    verdicts: Verdicts,
    pub facts: Facts,
    /// States tried so far.
    pub tried: u64,
    /// The most that may be tried.
    pub most: u64,
}

impl<'c> Checker<'c> {
    pub fn new(cases: &'c Cases, property: Property<Abstract>, clauses: Clauses, most: u64) -> Self {
        Self {
            draw: Draw::new(cases, clauses, Tape::every()),
            property,
            verdicts: HashMap::new(),
            facts: Facts::new(cases),
            tried: 0,
            most,
        }
    }

    /// Every way in which a node can start.
    pub fn initial(&mut self) -> (Checked, Fields) {
        self.every(|checker| {
            let draw = &mut checker.draw;
            let form = draw.pick(Field::CurrentForm, super::cases::FORMS.len())?;
            let handler = draw.pick(Field::CurrentHandler, draw.cases.handlers.len())?;
            let sandboxer = draw.pick(Field::CurrentSandboxer, draw.cases.sandboxers())?;
            let setting = draw.setting_mut(RECORDED);
            setting.form = super::cases::FORMS[form];
            setting.handler = handler;
            setting.sandboxer = sandboxer;
            draw.build_configurations();
            let node = Node::initial(&draw.world, &mut checker.facts);
            let state = State {
                env: node.environment,
                pod: node.pods.into_iter().next().ok_or(Stop::NoState)?,
            };
            draw.before = state.clone();
            draw.after = Some(state);
            checker.all_kept()
        })
    }

    /// A step from every state in which it can be taken.
    pub fn step(&mut self, step: Step) -> (Checked, Fields) {
        self.every(|checker| checker.take(step))
    }

    fn every(&mut self, attempt: impl Fn(&mut Self) -> Result<(), Stop>) -> (Checked, Fields) {
        self.draw.tape = Tape::every();
        loop {
            self.draw.begin();
            match attempt(self) {
                Ok(()) => self.tried += 1,
                Err(Stop::NoState) => {}
                Err(Stop::Broken(clause)) => {
                    let loss = self.loss(clause);
                    return (Checked::Lost(Box::new(loss)), self.draw.tape.support);
                }
            }
            if self.tried > self.most {
                return (Checked::BoundReached, self.draw.tape.support);
            }
            if !self.draw.tape.advance() {
                return (Checked::Kept, self.draw.tape.support);
            }
        }
    }

    fn take(&mut self, step: Step) -> Result<(), Stop> {
        let act = self.draw.draw_for(step)?;
        self.draw.build_configurations();
        // The machine asserts this; where the clause is missing, it is broken before the step is taken.
        if step == Step::ShimReply && !self.draw.clause_holds(Clause::Answered, &self.draw.before) {
            return Err(Stop::Broken(Clause::Answered));
        }
        self.draw.after = Some(apply(&self.draw, act, &mut self.facts));
        self.all_kept()
    }

    /// Whether the clauses hold of the state after the step.
    fn all_kept(&mut self) -> Result<(), Stop> {
        for clause in Clause::ALL {
            let kept = match (&self.draw.after, clause) {
                (_, Clause::Property) => self.property_kept(),
                (Some(after), clause) => {
                    !self.draw.clauses.contains(clause) || self.draw.clause_holds(clause, after)
                }
                (None, _) => true,
            };
            if !kept {
                return self.lost(clause);
            }
        }
        Ok(())
    }

    /// A clause does not hold after the step. That counts only if the whole invariant held before.
    fn lost(&mut self, clause: Clause) -> Result<(), Stop> {
        match self.draw.before.pod.in_flight {
            Some(InFlight::Create {
                server: Server::Sandbox,
                ..
            }) => self.draw.serving()?,
            Some(InFlight::ShimStart { .. } | InFlight::Info { .. }) => {
                if self.draw.tape.values.get(Field::NextShim).is_some() {
                    self.replaced_shim()?;
                } else {
                    self.draw.on_disk(RECORDED)?;
                }
            }
            _ => {}
        }
        let before = self.draw.before.clone();
        let held = self.holds(&before).is_none()
            && Clause::ALL
                .into_iter()
                .all(|clause| !self.draw.clauses.contains(clause) || self.draw.clause_holds(clause, &before));
        Err(if held { Stop::Broken(clause) } else { Stop::NoState })
    }

    /// The shim that was on disk before it was replaced.
    fn replaced_shim(&mut self) -> Result<(), Stop> {
        let (binary, field) = self.draw.binary();
        let candidates = self.draw.reachable(RECORDED);
        let shim = u8::try_from(self.draw.among(field, candidates)?).unwrap_or(0);
        let next = self.draw.world.binaries[usize::from(binary)].rows[1];
        self.draw.set_upgrade(binary, shim, next);
        Ok(())
    }

    /// What a state breaks of the property. That a shim does something unknown with a message proves nothing.
    fn holds(&mut self, state: &State) -> Option<String> {
        let (world, facts) = (&self.draw.world, &mut self.facts);
        let mut rests_on = |fact| shimproof_model::log::Log::rests_on(facts, fact);
        if let Some(broken) = (self.property.broken)(world, &state.env, &state.pod, &mut rests_on) {
            return Some(broken.what);
        }
        if self.property.id != "options-accepted" {
            return None;
        }
        let (shim, _, delivery) = delivery(world, &state.env, &state.pod, &mut rests_on)?;
        (delivery.outcome == Delivered::Unknown).then(|| {
            format!(
                "what the shim {} makes of the message is not known",
                world.shim(shim).id
            )
        })
    }

    /// Whether the property holds after the step, whichever shim gets the message that is in flight then. The first
    /// shim for which it does not is put in its place.
    fn property_kept(&mut self) -> bool {
        let Some(after) = self.draw.after.clone() else {
            return true;
        };
        let Some(message) = after.pod.to_shim() else {
            return true;
        };
        if self.property.id == "type-as-configured" {
            return self.holds(&after).is_none();
        }
        let key = (
            message.channel,
            message.target == Target::Sandbox,
            message.options.copied(),
        );
        let receiver = self.receiver(&after);
        let shims = u16::try_from(self.draw.cases.shims.len()).unwrap_or(u16::MAX);
        if !self.verdicts.contains_key(&key) {
            let verdicts = (0..shims)
                .map(|shim| {
                    let mut state = after.clone();
                    receiver.put(&mut state, shim);
                    self.holds(&state).is_none()
                })
                .collect();
            self.verdicts.insert(key, verdicts);
        }
        let verdicts = &self.verdicts[&key];
        let bad = match &receiver.candidates {
            None => receiver.get(&after).filter(|shim| !verdicts[usize::from(*shim)]),
            Some(candidates) => {
                self.tried += candidates.len().saturating_sub(1) as u64;
                candidates
                    .iter()
                    .copied()
                    .find(|shim| !verdicts[usize::from(*shim)])
            }
        };
        let Some(bad) = bad else { return true };
        if receiver.candidates.is_some() {
            match receiver.place {
                Place::Serving => self.draw.set_serving(bad),
                Place::Own => self.draw.set_own_shim(bad),
                Place::OnDisk(binary) => self.draw.set_on_disk(binary, bad),
            }
        }
        false
    }

    /// Who gets the message that is in flight after the step, and which shims that can be, if it was not drawn yet.
    fn receiver(&self, after: &State) -> Receiver {
        let draw = &self.draw;
        let drawn = |field| draw.tape.values.get(field).is_some();
        match &after.pod.in_flight {
            Some(InFlight::Create {
                server: Server::Sandbox,
                ..
            }) => {
                let serving = |state: &State| state.pod.sandbox.as_ref().and_then(|sandbox| sandbox.shim);
                let written = serving(after) != serving(&draw.before);
                Receiver {
                    place: Place::Serving,
                    candidates: (!written && !drawn(Field::ServingShim)).then(|| draw.serving_candidates()),
                }
            }
            Some(InFlight::Create {
                server: Server::Own(_),
                ..
            }) => {
                let carried = matches!(draw.before.pod.in_flight, Some(InFlight::Info { .. }));
                Receiver {
                    place: Place::Own,
                    candidates: (carried && !drawn(Field::OwnShim)).then(|| draw.servable()),
                }
            }
            _ => {
                let (binary, field) = draw.binary();
                let replaced = drawn(Field::NextShim);
                let slot = after
                    .pod
                    .sandbox
                    .as_ref()
                    .map_or(RECORDED, |sandbox| sandbox.configuration);
                Receiver {
                    place: Place::OnDisk(binary),
                    candidates: (!replaced && !drawn(field)).then(|| draw.reachable(slot).to_vec()),
                }
            }
        }
    }

    fn loss(&mut self, clause: Clause) -> Loss {
        let before = self.draw.before.clone();
        let after = self.draw.after.clone().unwrap_or_else(|| before.clone());
        let what = match clause {
            Clause::Property => self.holds(&after).unwrap_or_default(),
            other => format!("not so: {}", other.statement()),
        };
        Loss {
            clause,
            before,
            after,
            what,
        }
    }
}

/// Where the shim stands that gets a message.
enum Place {
    Serving,
    Own,
    OnDisk(u8),
}

struct Receiver {
    place: Place,
    /// The shims that it can be; none if it was drawn.
    candidates: Option<Vec<u16>>,
}

impl Receiver {
    fn put(&self, state: &mut State, shim: u16) {
        let shim = u8::try_from(shim).unwrap_or(u8::MAX);
        match self.place {
            Place::Serving => {
                if let Some(sandbox) = &mut state.pod.sandbox {
                    sandbox.shim = Some(shim);
                }
            }
            Place::Own => {
                if let Some(InFlight::Create { server, .. }) = &mut state.pod.in_flight {
                    *server = Server::Own(shim);
                }
            }
            Place::OnDisk(binary) => state.env.on_disk[usize::from(binary)] = shim,
        }
    }

    fn get(&self, state: &State) -> Option<u16> {
        let shim = match self.place {
            Place::Serving => state.pod.sandbox.as_ref()?.shim?,
            Place::Own => match &state.pod.in_flight {
                Some(InFlight::Create {
                    server: Server::Own(shim),
                    ..
                }) => *shim,
                _ => return None,
            },
            Place::OnDisk(binary) => state.env.on_disk[usize::from(binary)],
        };
        Some(u16::from(shim))
    }
}

/// The state after an action.
pub(super) fn apply(draw: &Draw<'_>, act: Act, facts: &mut Facts) -> State {
    let mut after = draw.before.clone();
    match act {
        Act::Environment(action) => {
            step_environment(&draw.world, &mut after.env, action, facts);
            step_pod_after_environment(&draw.world, &after.env, &mut after.pod, action);
        }
        // A refusal moves the state all the same.
        Act::Pod(action) => {
            let _ = step(&draw.world, &mut after.env, &mut after.pod, action, facts);
        }
    }
    after
}
