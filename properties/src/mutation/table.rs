//! Guards of all shapes, seen as tables of numbers.

use std::fmt::Display;
use std::sync::LazyLock;

use shimproof_model::catalog::KubeletRow;
use shimproof_model::guards::{
    Acceptance, Base, ContainerdGuards, EndpointDecision, Guard, HandlerFeatures, HostUsers, Introspect,
    Invocation, KubeletGuard, Mounts, Network, OptionsSource, OptionsState, Owner, Pin, RuntimeType,
    UsernsDecision, get_or_create_user_namespace_mappings,
};
use shimproof_model::{DecisionTable, Domain, Finite, UsernsMode, World};

/// A decision table whose inputs and decisions are numbers.
pub trait Table {
    /// What it decides for the input with this number.
    fn decision(&self, input: usize) -> Option<usize>;
    /// Decides otherwise for one input. Numbers that the table does not have change nothing.
    fn redecide(&mut self, input: usize, decision: usize);
}

impl<I: Finite, O: Finite + Display> Table for DecisionTable<I, O> {
    fn decision(&self, input: usize) -> Option<usize> {
        I::from_index(input).map(|input| self.decide(input).index())
    }

    fn redecide(&mut self, input: usize, decision: usize) {
        if let (Some(input), Some(decision)) = (I::from_index(input), O::from_index(decision)) {
            let name = self.name();
            // A table of which many entries are changed is not named for each of them.
            let name = if name.ends_with(MUTATED) {
                name.to_owned()
            } else {
                format!("{name}{MUTATED}")
            };
            DecisionTable::redecide(self, input, decision, name);
        }
    }
}

/// What the name of a table ends with that is not as its row has it.
const MUTATED: &str = ", mutated";

/// The inputs and decisions of a guard, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// What each part of an input is.
    pub labels: &'static [&'static str],
    /// For each input, the value of each part.
    pub inputs: Vec<Vec<String>>,
    /// The decisions.
    pub decisions: Vec<String>,
}

impl Shape {
    fn of<I: Finite, O: Finite + Display>(labels: &'static [&'static str]) -> Self {
        Self {
            labels,
            inputs: I::all().map(Finite::parts).collect(),
            decisions: O::all().map(|decision| decision.to_string()).collect(),
        }
    }

    /// An input in words.
    pub fn input(&self, number: usize) -> String {
        let parts = self.inputs.get(number).into_iter().flatten();
        let named: Vec<String> = self
            .labels
            .iter()
            .zip(parts)
            .map(|(label, part)| match part.as_str() {
                "true" => (*label).to_owned(),
                "false" => format!("not {label}"),
                part => format!("{label} {part}"),
            })
            .collect();
        named.join("; ")
    }
}

static SHAPES: LazyLock<Vec<Option<Shape>>> = LazyLock::new(|| Guard::all().map(shape_of).collect());

/// The shape of a guard; none if what decides is a row of a shim, not a table.
pub fn shape(guard: Guard) -> Option<&'static Shape> {
    SHAPES.get(guard.index())?.as_ref()
}

fn shape_of(guard: Guard) -> Option<Shape> {
    type Runtime = (RuntimeType, OptionsState);
    Some(match guard {
        Guard::GetOrCreateUserNamespaceMappings => Shape::of::<
            (bool, HostUsers, HandlerFeatures),
            UsernsDecision,
        >(&["gate on", "hostUsers", "handler:"]),
        Guard::IntrospectRuntimeFeatures => Shape::of::<RuntimeType, Introspect>(&["runtime"]),
        Guard::PinUserNamespace => Shape::of::<(UsernsMode, Network), Pin>(&["mode", "network:"]),
        Guard::WithMounts => {
            Shape::of::<(UsernsMode, bool), Mounts>(&["mode", "mounts of the request id-mapped"])
        }
        Guard::SameUsernsConfig => Shape::of::<bool, Acceptance>(&["configurations differ"]),
        Guard::UpdateContainerIoOwner => Shape::of::<(UsernsMode, RuntimeType, OptionsState), Owner>(&[
            "mode",
            "runtime",
            "runtime options",
        ]),
        Guard::GetRuncOptions => Shape::of::<Runtime, Base>(&["runtime", "runtime options"]),
        Guard::WithTaskApiEndpoint => {
            Shape::of::<(bool, Base), EndpointDecision>(&["endpoint valid", "task options start from"])
        }
        Guard::FormatOptions => Shape::of::<Runtime, Acceptance>(&["runtime", "task options"]),
        Guard::ShimManagerStart => {
            Shape::of::<(bool, bool), Invocation>(&["sandbox in the store", "protocol below 3"])
        }
        Guard::OptionsFallback => Shape::of::<OptionsState, OptionsSource>(&["task options"]),
        Guard::ValidateRuntimeFeatures => {
            Shape::of::<(OptionsState, OptionsState), OptionsSource>(&["task options", "runtime options"])
        }
        Guard::ShimCreate | Guard::ShimStart | Guard::ShimInfo => return None,
    })
}

/// The tables of some releases.
pub(super) struct Tables {
    containerd: Vec<ContainerdGuards>,
    kubelets: Vec<KubeletGuard>,
}

impl Tables {
    pub fn of(containerd: impl IntoIterator<Item = ContainerdGuards>, kubelets: &[KubeletRow]) -> Self {
        Self {
            containerd: containerd.into_iter().collect(),
            kubelets: kubelets
                .iter()
                .map(get_or_create_user_namespace_mappings)
                .collect(),
        }
    }

    /// Hands each table of a guard to `use_it`, with the number of its release or kubelet.
    pub fn for_each(&mut self, guard: Guard, mut use_it: impl FnMut(usize, &mut dyn Table)) {
        if guard == Guard::GetOrCreateUserNamespaceMappings {
            for (number, table) in self.kubelets.iter_mut().enumerate() {
                use_it(number, table);
            }
        } else {
            for (number, guards) in self.containerd.iter_mut().enumerate() {
                if let Some(table) = containerd_table(guards, guard) {
                    use_it(number, table);
                }
            }
        }
    }
}

/// Hands each table that the world has for a guard to `use_it`, with the number of its row.
pub(super) fn for_each_table<D: Domain>(
    world: &mut World<D>,
    guard: Guard,
    mut use_it: impl FnMut(u8, &mut dyn Table),
) {
    if guard == Guard::GetOrCreateUserNamespaceMappings {
        for (number, kubelet) in (0..).zip(&mut world.kubelets) {
            use_it(number, &mut kubelet.guard);
        }
    } else {
        for (number, containerd) in (0..).zip(&mut world.containerd) {
            if let Some(table) = containerd_table(&mut containerd.guards, guard) {
                use_it(number, table);
            }
        }
    }
}

fn containerd_table(guards: &mut ContainerdGuards, guard: Guard) -> Option<&mut dyn Table> {
    Some(match guard {
        Guard::IntrospectRuntimeFeatures => &mut guards.introspect,
        Guard::PinUserNamespace => &mut guards.pin_userns,
        Guard::WithMounts => &mut guards.mounts,
        Guard::SameUsernsConfig => &mut guards.same_userns_config,
        Guard::UpdateContainerIoOwner => &mut guards.io_owner,
        Guard::GetRuncOptions => &mut guards.task_options_base,
        Guard::WithTaskApiEndpoint => &mut guards.task_api_endpoint,
        Guard::FormatOptions => &mut guards.format_options,
        Guard::ShimManagerStart => &mut guards.start,
        Guard::OptionsFallback => &mut guards.options_fallback,
        // A release that does not validate features has no such table.
        Guard::ValidateRuntimeFeatures => guards.info_options.as_mut()?,
        Guard::GetOrCreateUserNamespaceMappings | Guard::ShimCreate | Guard::ShimStart | Guard::ShimInfo => {
            return None;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_guard_of_a_design_has_a_shape_with_a_label_for_each_part() {
        let without: Vec<Guard> = Guard::all().filter(|guard| shape(*guard).is_none()).collect();
        assert_eq!(without, [Guard::ShimCreate, Guard::ShimStart, Guard::ShimInfo]);
        for shape in Guard::all().filter_map(shape) {
            for parts in &shape.inputs {
                assert_eq!(parts.len(), shape.labels.len(), "{:?}", shape.labels);
            }
        }
    }

    #[test]
    fn an_input_reads_as_words() {
        let pin = shape(Guard::PinUserNamespace).map(|shape| shape.input(6));
        assert_eq!(pin.as_deref(), Some("mode POD; network: its own network"));
        let differ = shape(Guard::SameUsernsConfig).map(|shape| shape.input(0));
        assert_eq!(differ.as_deref(), Some("not configurations differ"));
    }
}
