//! What a validation of features is asked with.

use shimproof_model::catalog::ContainerdField;
use shimproof_model::log::Fact;
use shimproof_model::trace::FailedClause;
use shimproof_model::{Domain, Environment, InFlight, Pod, World};

use crate::property::{About, Broken, Property, Since, broken, described, kept};

/// What the catalogue says of it.
const ABOUT: About = About {
    id: "validated-as-created",
    statement: "`-info`, asked to validate features, is given the very options that Create will carry.",
    formula: "G ∀ pod: in_flight(pod) = -info for a task ⇒ options = options_of_create(task)",
    why: "What is validated is not what will run otherwise, and a shim that refuses options, or reads one that is not the \
          operator's, answers for a task that there will not be.",
    incidents: &["containerd#10249", "containerd#11442"],
    since: Since {
        text: "v2.0.0-rc.2, the first release that validates features, passes none; from rc.3 on it goes by the rule of Create. \
               v2.0.3, v2.0.4 and v2.1.0-beta.0 pass the runtime options first, which lack the owner that Create carries; v2.0.5 \
               and later go by the rule of Create again.",
        sources: &[
            "core/runtime/v2/task_manager.go@v2.0.0-rc.2",
            "core/runtime/v2/task_manager.go@v2.0.3",
            "core/runtime/v2/task_manager.go@v2.0.5",
            "https://github.com/containerd/containerd/pull/11442",
            "https://github.com/containerd/containerd/pull/11446",
        ],
        shown_by: &[
            broken("containerd-10249", "v2.0.0-rc.2"),
            kept("containerd-10249", "v2.0.0"),
            broken("containerd-11169", "v2.0.3"),
            kept("containerd-11169", "v2.0.5"),
        ],
    },
    scenarios: &["containerd-10249", "containerd-11169"],
};

/// `validated-as-created`.
pub fn property<D: Domain>() -> Property<D> {
    Property {
        id: ABOUT.id,
        about: ABOUT,
        broken: |world, env, pod, rests_on| {
            let [options, of_create] = compared(world, env, pod)?;
            rests_on(Fact::Containerd(env.containerd.row, ContainerdField::InfoOptions));
            (options != of_create).then(|| {
                let (options, of_create) = (described::<D>(options), described::<D>(of_create));
                Broken {
                    what: format!("features are validated with {options}, and Create will carry {of_create}"),
                    clause: FailedClause::new(
                        "options = options_of_create(task)",
                        [("options", options), ("options_of_create(task)", of_create)],
                    ),
                }
            })
        },
        antecedent: |world, env, pod| compared(world, env, pod).is_some(),
        between: None,
    }
}

/// The options of a validation in flight, and those that Create will carry.
fn compared<'p, D: Domain>(
    world: &World<D>,
    env: &Environment<D>,
    pod: &'p Pod<D>,
) -> Option<[Option<&'p D::Any>; 2]> {
    match &pod.in_flight {
        Some(InFlight::Info { options, .. }) => Some([options.as_ref(), pod.options_of_create(world, env)]),
        _ => None,
    }
}
