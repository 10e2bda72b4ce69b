//! The messages on the way, with decoded fields.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use shimproof_model::{Channel, Finite as _, InFlight, Target, Value};

use super::on_wire::{self, Sending};
use super::run::{Run, Sent};
use super::stand_in::container_id;
use crate::wire::{Any, FieldValue};

/// A message on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Request {
    /// The call: a method of the CRI or of the shim, or `start` or `-info`.
    pub call: &'static str,
    /// Which task it is about: `sandbox`, or the name of the container.
    pub task: String,
    /// User-namespace options, in a call of the CRI that carries them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userns: Option<String>,
    /// The row of the shim that it goes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shim: Option<String>,
    /// The options in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<Options>,
    /// The whole request, or the standard input, in hexadecimal. Ids in it are stand-ins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<String>,
    /// What the shim does with the options.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivered: Option<&'static str>,
}

/// Options in a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Options {
    /// Their type.
    pub type_url: &'static str,
    /// Whether there are value bytes.
    pub value: RequestValue,
    /// The value bytes, in hexadecimal.
    pub bytes: String,
    /// The fields, by their names in the `.proto` file.
    pub fields: BTreeMap<&'static str, FieldValue>,
}

/// The value bytes, as Go tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestValue {
    /// A nil slice.
    Nil,
    /// No bytes, but not nil.
    Empty,
    /// Some bytes.
    Set,
}

impl Request {
    /// Whether it goes to a shim, and not to the CRI plugin.
    pub fn is_to_shim(&self) -> bool {
        matches!(self.call, "start" | "-info" | "CreateSandbox" | "Create")
    }

    /// The call, the type of the options in it, and the row of the shim that it goes to.
    pub fn told(&self) -> String {
        let to = self.shim.as_deref().unwrap_or_default();
        format!("{} to {to}", self.told_without_shim())
    }

    fn told_without_shim(&self) -> String {
        match &self.options {
            Some(options) => format!("{} {}", self.call, options.type_url),
            None => format!("{} without options", self.call),
        }
    }

    /// Whether the words are about this request: the call, the call with its options, either with the shim.
    pub fn is_told_as(&self, words: &str) -> bool {
        let (what, to) = match words.split_once(" to ") {
            Some((what, to)) => (what, Some(to)),
            None => (words, None),
        };
        (what == self.call || what == self.told_without_shim())
            && to.is_none_or(|to| self.shim.as_deref() == Some(to))
    }
}

impl Options {
    /// A message, decoded.
    pub fn of(any: &Any) -> Self {
        let fields = any.content().map(|content| content.fields()).unwrap_or_default();
        debug_assert_eq!(Value::CARDINALITY, 3, "each state of a value has its name here");
        Self {
            type_url: any.url.as_str(),
            value: match any.state() {
                Value::Nil => RequestValue::Nil,
                Value::Empty => RequestValue::Empty,
                Value::Set => RequestValue::Set,
            },
            bytes: hexadecimal(any.value.as_deref().unwrap_or_default()),
            fields: fields
                .into_iter()
                .map(|field| (field.name, field.value))
                .collect(),
        }
    }
}

fn sending<'r>(run: &'r Run, sent: &Sent, channel: Channel, id: &'r str) -> Sending<'r> {
    let containerd = &run.world.containerd[0];
    Sending {
        channel,
        id,
        binary: sent.shim.map_or("", |shim| &run.world.shim(shim).binary),
        framing: containerd.row.start_stdin,
        release: &containerd.version,
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        // Writing into a String does not fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// All messages of a run but replies.
pub(super) fn requests(run: &Run) -> Vec<Request> {
    run.sent.iter().filter_map(|sent| request(run, sent)).collect()
}

fn request(run: &Run, sent: &Sent) -> Option<Request> {
    let name = |target: Target| match target {
        Target::Sandbox => "sandbox".to_owned(),
        Target::Container(number) => run
            .world
            .pod_spec(0)
            .containers
            .get(usize::from(number))
            .map_or_else(String::new, |c| c.name.clone()),
    };
    let cri = |call, task, userns: Option<String>| Request {
        call,
        task: name(task),
        userns,
        shim: None,
        options: None,
        bytes: None,
        delivered: None,
    };
    Some(match &sent.message {
        InFlight::RunPodSandbox { userns } => cri("RunPodSandbox", Target::Sandbox, Some(userns.to_string())),
        InFlight::CreateContainer {
            container,
            container_userns,
            ..
        } => cri(
            "CreateContainer",
            Target::Container(*container),
            Some(container_userns.to_string()),
        ),
        InFlight::StartContainer { container } => cri("StartContainer", Target::Container(*container), None),
        InFlight::LoadShimInfo { target, .. } => cri("-info", *target, None),
        InFlight::CreateSandbox => cri("CreateSandbox", Target::Sandbox, None),
        InFlight::ShimReply { .. } | InFlight::Reply { .. } => return None,
        InFlight::ShimStart { .. } | InFlight::Info { .. } | InFlight::Create { .. } => {
            let (channel, target, options) = sent.to_shim()?;
            let id = container_id(&run.world.pod_spec(0).name, &name(target));
            Request {
                shim: sent.shim.map(|shim| run.world.shim(shim).id.clone()),
                options: options.map(Options::of),
                bytes: on_wire::bytes(sending(run, sent, channel, &id), options)
                    .map(|bytes| hexadecimal(&bytes)),
                delivered: sent.delivery.map(|delivery| delivery.outcome.as_str()),
                ..cri(
                    match channel {
                        Channel::Create => "Create",
                        Channel::Start => "start",
                        Channel::Info => "-info",
                    },
                    target,
                    None,
                )
            }
        }
    })
}
