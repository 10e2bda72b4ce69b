//! What becomes of a message that reaches a shim: a function of row, channel, container and message.

use crate::catalog::{Rule, Scope, ShimRow, StartReads, StartStdin, Then, ValueOnWire};
use crate::domain::{Domain, Value};
use crate::finite::finite_enum;
use crate::pod::{Channel, Target};
use crate::type_url::TypeUrl;

finite_enum! {
    /// What becomes of a message.
    pub enum Delivered {
        /// There is no message.
        Absent = "no message",
        /// The shim does not read this channel, or not for this container.
        NotRead = "not read",
        /// It is decoded, and its fields take effect.
        Applied = "applied",
        /// No error and no effect.
        Ignored = "ignored",
        /// Its bytes are decoded as another message.
        Misread = "misread",
        /// The call fails.
        Rejected = "rejected",
        /// Not known.
        Unknown = "unknown",
    }
}

/// What becomes of a message, and by which rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// What becomes of it.
    pub outcome: Delivered,
    /// The number of the rule of the channel that decides; none where no rule is asked.
    pub rule: Option<u8>,
    /// Whether the shim takes the message for another one, also if that ends in an error.
    pub misread: bool,
    /// Whether the standard input of `start` has another framing than the shim reads.
    pub misframed: bool,
}

impl Delivery {
    fn plain(outcome: Delivered) -> Self {
        Self {
            outcome,
            rule: None,
            misread: false,
            misframed: false,
        }
    }
}

/// What the shim does with `options` on `channel`; `framing` is how the standard input of `start` is written.
pub fn delivered<D: Domain>(
    shim: &ShimRow,
    channel: Channel,
    target: Target,
    options: Option<&D::Any>,
    framing: StartStdin,
) -> Delivery {
    let rules = match channel {
        Channel::Create => {
            if !in_scope(shim.create.scope, target) {
                return Delivery::plain(Delivered::NotRead);
            }
            &shim.create.rules
        }
        Channel::Start if !in_scope(shim.start.scope, target) => return Delivery::plain(Delivered::NotRead),
        Channel::Start => match start_framing(shim, framing, options.is_some()) {
            Framing::NotRead => return Delivery::plain(Delivered::NotRead),
            Framing::Agrees => &shim.start.rules,
            Framing::Differs(outcome) => {
                return Delivery {
                    misread: true,
                    misframed: true,
                    ..Delivery::plain(outcome)
                };
            }
        },
        Channel::Info if !shim.info.supported || shim.info.rules.is_empty() => {
            return Delivery::plain(Delivered::NotRead);
        }
        Channel::Info => &shim.info.rules,
    };
    let Some(options) = options else {
        return Delivery::plain(Delivered::Absent);
    };
    let found = rules
        .iter()
        .enumerate()
        .find(|(_, rule)| matches::<D>(rule, &shim.links, options));
    let Some((number, rule)) = found else {
        return Delivery::plain(Delivered::Unknown);
    };
    let outcome = match rule.then {
        Then::Applied => Delivered::Applied,
        Then::Ignored => Delivered::Ignored,
        Then::Misread => Delivered::Misread,
        Then::Rejected => Delivered::Rejected,
        Then::Unknown => Delivered::Unknown,
    };
    Delivery {
        outcome,
        rule: u8::try_from(number).ok(),
        misread: rule.misread || rule.then == Then::Misread,
        misframed: false,
    }
}

fn in_scope(scope: Scope, target: Target) -> bool {
    match scope {
        Scope::EveryContainer => true,
        Scope::FirstContainer => target == Target::Sandbox,
        Scope::Never => false,
    }
}

enum Framing {
    NotRead,
    Agrees,
    Differs(Delivered),
}

/// pkg/shim/util.go@v2.3.4: binaries named for runc-v1 and runhcs-v1 still get the bare `Any`, and without
/// options nothing is written but the `BootstrapParams`.
fn start_framing(shim: &ShimRow, framing: StartStdin, present: bool) -> Framing {
    use crate::catalog::Misframed;
    let excepted = ["shim-runc-v1", "shim-runhcs-v1"]
        .iter()
        .any(|name| shim.binary.contains(name));
    let framing = if excepted && framing == StartStdin::BootstrapParams {
        StartStdin::RawAny
    } else {
        framing
    };
    match (shim.start.reads, framing) {
        (StartReads::Nothing, _) | (_, StartStdin::Nothing) => Framing::NotRead,
        (StartReads::RawAny | StartReads::Either, StartStdin::RawAny)
        | (StartReads::BootstrapParams | StartReads::Either, StartStdin::BootstrapParams) => Framing::Agrees,
        // Without options an older containerd writes nothing, which reads as an empty message of any kind.
        (StartReads::BootstrapParams, StartStdin::RawAny)
        | (StartReads::RawAny, StartStdin::BootstrapParams) => match shim.start.misframed {
            Some(Misframed::Rejected) => Framing::Differs(Delivered::Rejected),
            Some(Misframed::Ignored) if present => Framing::Differs(Delivered::Ignored),
            Some(Misframed::Ignored) => Framing::NotRead,
            None => Framing::Differs(Delivered::Unknown),
        },
    }
}

fn matches<D: Domain>(rule: &Rule, links: &[TypeUrl], options: &D::Any) -> bool {
    let url = D::type_url(options);
    let url_matches = match rule.url.as_str() {
        "*" => true,
        "linked" => links.contains(&url),
        named => named == url.as_str(),
    };
    let value_matches = match rule.value {
        None => true,
        Some(ValueOnWire::With) => D::value(options) == Value::Set,
        Some(ValueOnWire::Without) => D::value(options) != Value::Set,
    };
    url_matches && value_matches && rule.when.iter().all(|condition| D::holds(options, *condition))
}
