//! Whether a handler works by itself: whether its shim takes what `RunPodSandbox` generates from what the operator
//! wrote, before containerd adds anything.

use shimproof_model::abstraction::Abstract;
use shimproof_model::catalog::ShimRow;
use shimproof_model::{Channel, Delivered, Domain, Target, World, delivered};

/// What becomes of the generated options by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alone {
    /// The shim takes them, or does not look.
    Taken,
    /// It does not.
    NotTaken,
    /// It reads `start` in the framing of another release.
    Misframed,
    /// Not known.
    Unknown,
}

/// What the shim does with the options that `RunPodSandbox` generates, for both containers of a pod.
pub(crate) fn alone(world: &World<Abstract>, shim: &ShimRow) -> Alone {
    let Some(config) = world.handler_config(0, 0, 0) else {
        return Alone::Taken;
    };
    let row = &world.containerd[0].row;
    let url = world.selected_type(0, config.runtime_type);
    let options = config.options.as_ref().map(|table| {
        Abstract::through_ttrpc(Abstract::through_store(Abstract::generate(
            url,
            table,
            row.config_body,
        )))
    });
    let mut alone = Alone::Taken;
    for channel in [Channel::Create, Channel::Start, Channel::Info] {
        for target in [Target::Sandbox, Target::Container(0)] {
            let delivery = delivered::<Abstract>(shim, channel, target, options.as_ref(), row.start_stdin);
            match delivery.outcome {
                _ if delivery.misframed => alone = Alone::Misframed,
                Delivered::Rejected | Delivered::Misread => return Alone::NotTaken,
                Delivered::Unknown => alone = Alone::Unknown,
                _ => {}
            }
        }
    }
    alone
}
