//! Every property, in the order of the catalogue.

use shimproof_model::catalog::provenance::{Known, Row as _};
use shimproof_model::catalog::{
    ContainerdField, ContainerdRow, Introspection, IoOwnerGuard, StartForAppContainers,
};
use shimproof_model::{Domain, World};

use crate::property::Property;

/// Every property that is asked of any design.
pub fn all<D: Domain>() -> Vec<Property<D>> {
    vec![
        crate::type_as_configured::property(),
        crate::options_accepted::property(),
        crate::never_misread::property(),
        crate::options_preserved::property(),
        crate::options_in_force::property(),
        crate::options_agree::property(),
        crate::validated_as_created::property(),
        crate::owner_only_if_applied::property(),
        crate::owner_is_process_owner::property(),
        crate::pipe_openable::property(),
        crate::hostusers_carried::property(),
        crate::host_network_declared::property(),
        crate::userns_honoured::property(),
        crate::userns_only_if_asked::property(),
        crate::own_files_owned::property(),
        crate::mappings_disjoint::property(),
        crate::no_leaked_shim::property(),
        crate::endpoint_carried::property(),
    ]
}

/// What some designs promise besides: asked of them, and of others only by name.
pub fn policies<D: Domain>() -> Vec<Property<D>> {
    vec![
        crate::owner_needs_userns::property(),
        crate::every_handler_asked::property(),
        crate::start_per_container::property(),
    ]
}

/// The policies that every release of a world promises: those of the guards that it has.
pub fn policies_of<D: Domain>(world: &World<D>) -> Vec<Property<D>> {
    let promise = |field: ContainerdField, has_it: fn(&ContainerdRow) -> bool| {
        world.containerd.iter().all(|release| {
            // A guard of a design file stands in place of the row's.
            has_it(&release.row) && release.row.known(field.as_str()) != Known::Proposed
        })
    };
    let owner = promise(ContainerdField::IoOwnerGuard, |row| {
        // A release that writes no owner at all keeps the promise as well.
        row.io_owner_guard != IoOwnerGuard::UnlessNil
    });
    let asked = promise(ContainerdField::Introspection, |row| {
        row.introspection == Introspection::EveryHandler
    });
    let started = promise(ContainerdField::StartForAppContainers, |row| {
        row.start_for_app_containers != StartForAppContainers::Never
    });
    let promised = [
        (owner, crate::owner_needs_userns::property()),
        (asked, crate::every_handler_asked::property()),
        (started, crate::start_per_container::property()),
    ];
    promised
        .into_iter()
        .filter_map(|(promised, policy)| promised.then_some(policy))
        .collect()
}

/// The property or policy of that name.
pub fn find<D: Domain>(id: &str) -> Option<Property<D>> {
    all()
        .into_iter()
        .chain(policies())
        .find(|property| property.id == id)
}
