//! What containerd meets when it starts, beyond the handlers that the pod uses.

use shimproof_model::catalog::IntrospectionNilOptions;
use shimproof_model::guards::{Introspect, RuntimeType};
use shimproof_model::world::World;
use shimproof_scenario::{Loaded, OptionsTable, Scenario, ScenarioError, Which, loading_of};

use crate::wire::Wire;

/// Whether the introspection of some handler panics: it asks all that are configured, and a world has only those
/// of its pods (containerd issue #10062).
pub(super) fn panics(scenario: &Scenario, world: &World<Wire>) -> Result<bool, ScenarioError> {
    let containerd = &world.containerd[0];
    if containerd.row.introspection_nil_options != IntrospectionNilOptions::Panics {
        return Ok(false);
    }
    let Loaded::Config(config) = scenario.containerd_config(Which::Before, &loading_of(&containerd.row))?
    else {
        return Ok(false);
    };
    Ok(config.handlers.values().any(|handler| {
        let runtime = RuntimeType::of(&handler.runtime_type);
        handler.options == OptionsTable::Absent
            && containerd.guards.introspect.decide(runtime) == Introspect::Ask
    }))
}
