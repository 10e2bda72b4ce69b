//! What a valid task API endpoint is for.

use shimproof_model::catalog::{ContainerdField, TaskApiEndpoint};
use shimproof_model::log::Fact;
use shimproof_model::trace::FailedClause;
use shimproof_model::{Channel, Domain, Environment, Pod, Target, TypeUrl, World};

use crate::property::{About, Broken, Property, Since, kept};

/// What the catalogue says of it.
const ABOUT: About = About {
    id: "endpoint-carried",
    statement: "Where a sandbox has a task API endpoint, the options of Create for its containers carry it if the runtime options are \
                of the runc type, and also if there are none in a release whose requests have no field for it.",
    formula: "G ∀ pod, c: in_flight(pod) = Create for c ∧ endpoint(pod) ∧ (type(runtime_options) = runc ∨ runtime_options = none \
              ∧ ¬endpoint_in_request) ⇒ task_api_address ∈ options",
    why: "Up to v2.3.0 the tasks service is told of the sandbox's task API by this field of the options; without it containerd goes \
          by what it has written down of the sandbox's shim. Later releases have a field of the request, and write this one too.",
    incidents: &[],
    since: Since {
        text: "Every release that records endpoints and passes them on, from v2.0.0-rc.2 on: into new options up to v2.0.4 and in v2.1.0-beta.0, into a \
               copy of the runtime options since.",
        sources: &[
            "client/task_opts.go@v2.0.0-rc.2",
            "plugins/services/tasks/local.go@v2.0.1",
            "client/task_opts.go@v2.3.4",
            "plugins/services/tasks/local.go@v2.3.4",
        ],
        shown_by: &[
            kept("sandbox-api-endpoint", "v2.0.0"),
            kept("sandbox-api-endpoint", "v2.2.6"),
            kept("sandbox-api-endpoint", "v2.3.4"),
        ],
    },
    scenarios: &["sandbox-api-endpoint"],
};

/// `endpoint-carried`.
pub fn property<D: Domain>() -> Property<D> {
    Property {
        id: ABOUT.id,
        about: ABOUT,
        broken: |world, env, pod, rests_on| {
            let options = to_carry(world, env, pod)?;
            rests_on(Fact::Containerd(
                env.containerd.row,
                ContainerdField::TaskApiEndpoint,
            ));
            (!options.is_some_and(D::has_endpoint)).then(|| Broken {
                what: "the sandbox has a task API endpoint, and Create for a container does not carry it"
                    .to_owned(),
                clause: FailedClause::new(
                    "task_api_address ∈ options",
                    [("options", options.map_or_else(|| "none".to_owned(), D::describe))],
                ),
            })
        },
        antecedent: |world, env, pod| to_carry(world, env, pod).is_some(),
        between: None,
    }
}

/// The options of a Create that has to carry the endpoint. Releases with a field of the request for it may leave it out where
/// there are no runtime options to copy.
#[expect(
    clippy::option_option,
    reason = "whether there is such a Create, and whether it has options"
)]
fn to_carry<'p, D: Domain>(
    world: &World<D>,
    env: &Environment<D>,
    pod: &'p Pod<D>,
) -> Option<Option<&'p D::Any>> {
    let row = &world.containerd[usize::from(env.containerd.row)].row;
    let in_request = row.task_api_endpoint == TaskApiEndpoint::CopyOrSkip;
    let message = pod.to_shim()?;
    let sandbox = pod.sandbox.as_ref().filter(|sandbox| sandbox.endpoint)?;
    let takes_it = sandbox
        .options
        .as_ref()
        .map_or(!in_request, |options| D::type_url(options) == TypeUrl::RuncV1);
    let to_container = message.channel == Channel::Create && message.target != Target::Sandbox;
    (to_container && takes_it).then_some(message.options)
}
