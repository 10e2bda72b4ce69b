//! What containerd does when it starts: it loads its configuration and asks every handler for its features,
//! once (internal/cri/server/service.go@v2.0.1: `introspectRuntimeHandlers`).

use crate::catalog::provenance::Row as _;
use crate::catalog::{ContainerdField, IntrospectionNilOptions};
use crate::domain::Domain;
use crate::environment::{Environment, Introspected, StartFailure};
use crate::finite::Finite;
use crate::guards::{Guard, Introspect};
use crate::log::{Decided, Fact, Log};
use crate::shim::reported_features;
use crate::step::source_in;
use crate::world::{HandlerConfig, MAX_HANDLERS, World};

/// Starts containerd with the release and configuration that the environment names.
pub(crate) fn start_containerd<D: Domain, L: Log>(world: &World<D>, env: &mut Environment<D>, log: &mut L) {
    let number = env.containerd.row;
    let configuration = &world.configurations[usize::from(env.containerd.configuration)];
    env.containerd.introspected = [Introspected::NotConfigured; MAX_HANDLERS];
    env.containerd.up = Ok(());
    log.rests_on(Fact::Containerd(number, ContainerdField::ConfigMaxVersion));
    if configuration.refusals[usize::from(number)].is_some() {
        env.containerd.up = Err(StartFailure::ConfigRefused);
        return;
    }
    for handler in 0..world.handlers.len() {
        let index = u8::try_from(handler).unwrap_or(u8::MAX);
        let Some(config) = world.handler_config(number, env.containerd.configuration, index) else {
            continue;
        };
        match introspect_runtime_features(world, env, config, log) {
            Ok(introspected) => env.containerd.introspected[handler] = introspected,
            Err(failure) => {
                env.containerd.up = Err(failure);
                return;
            }
        }
    }
}

/// `introspectRuntimeFeatures`: any error leaves the handler listed without features.
fn introspect_runtime_features<D: Domain, L: Log>(
    world: &World<D>,
    env: &Environment<D>,
    config: &HandlerConfig<D>,
    log: &mut L,
) -> Result<Introspected, StartFailure> {
    let number = env.containerd.row;
    let containerd = &world.containerd[usize::from(number)];
    let decision = containerd.guards.introspect.decide(config.runtime_type);
    log.rests_on(Fact::Containerd(number, ContainerdField::Introspection));
    log.asked(
        Guard::IntrospectRuntimeFeatures,
        number,
        config.runtime_type.index(),
    );
    log.guard(Guard::IntrospectRuntimeFeatures, decision.index(), || Decided {
        guard: Guard::IntrospectRuntimeFeatures,
        inputs: format!("runtime type {}", config.runtime_type_name),
        decision: decision.to_string(),
        table: format!(
            "{}: {} = {}, {}",
            containerd.row.id,
            ContainerdField::Introspection,
            containerd.guards.introspect.name(),
            containerd.row.known(ContainerdField::Introspection.as_str())
        ),
        source: source_in(&containerd.row, "internal/cri/server/service.go"),
    });
    if decision != Introspect::Ask {
        return Ok(Introspected::Without(decision));
    }
    if config.options.is_none() {
        log.rests_on(Fact::Containerd(number, ContainerdField::IntrospectionNilOptions));
        if containerd.row.introspection_nil_options == IntrospectionNilOptions::Panics {
            return Err(StartFailure::IntrospectionPanic);
        }
    }
    let url = world.selected_type(number, config.runtime_type);
    let options = config
        .options
        .as_ref()
        .map(|table| D::generate(url, table, containerd.row.config_body));
    // A world has a binary for every handler, by path or by type.
    let shim = config
        .binary()
        .map_or(0, |binary| env.on_disk[usize::from(binary)]);
    Ok(
        match reported_features(world, shim, options.as_ref(), |fact| log.rests_on(fact)) {
            Some(userns) => Introspected::Features { userns },
            None => Introspected::Without(Introspect::ListOnly),
        },
    )
}
