//! A recorded run: the calls of a client of the CRI, and their replies.

use std::fmt;

use miette::Diagnostic;
use serde::Deserialize;
use shimproof_model::{Call, Userns};
use thiserror::Error;

/// What stands for success in a recording.
const OK: &str = "ok";

/// One run: a pod with one container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// The containerd that ran, if the recording says it.
    pub containerd: Option<String>,
    /// The runtime handler of the pod.
    pub handler: String,
    /// The network of the sandbox, if the recording says it: `NODE`, or `POD` for one of its own.
    pub network: Option<String>,
    /// What was said of the shim's `-info`, if anything.
    pub shim_info: Option<String>,
    /// What the container printed.
    pub log: Option<String>,
    /// The calls and their replies, in order.
    pub events: Vec<Event>,
}

/// Something that the client did or saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It made a call.
    Called(CallObserved),
    /// It got the reply.
    Replied(Call, ReplyObserved),
}

/// A call with what is known of its arguments. Which options the sandbox configuration in `CreateContainer` had
/// is not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallObserved {
    /// With the user-namespace options of the sandbox configuration.
    RunPodSandbox(Userns<()>),
    /// With those of the container configuration.
    CreateContainer(Userns<()>),
    /// The container is the one that was created.
    StartContainer,
}

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplyObserved {
    /// No error.
    Ok,
    /// The error, as the client's library of gRPC prints it.
    Error(String),
}

/// Text that is no recording.
#[derive(Clone, Debug, Error, Diagnostic)]
pub enum RecordingError {
    /// A line is not a JSON object with the keys of a run.
    #[error("line {line}: {why}")]
    #[diagnostic(
        code(sim::recording),
        help("each line is one run: `handler`, `userns`, and the results of the calls that were made")
    )]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
}

/// A line of the file, with the keys that the client wrote.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(rename = "RunPodSandbox")]
    run_pod_sandbox: String,
    #[serde(rename = "CreateContainer")]
    create_container: Option<String>,
    #[serde(rename = "StartContainer")]
    start_container: Option<String>,
    handler: String,
    userns: String,
    sandbox_userns: Option<String>,
    containerd: Option<String>,
    network: Option<String>,
    shim_info: Option<String>,
    log: Option<String>,
    #[serde(rename = "exit")]
    _exit: Option<String>,
}

impl Recording {
    /// Reads a file of runs, one JSON object a line.
    ///
    /// # Errors
    /// For the first line that is not a run.
    pub fn parse_lines(text: &str) -> Result<Vec<Self>, RecordingError> {
        let lines = text.lines().enumerate();
        lines
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(number, line)| {
                Self::parse(line).map_err(|why| RecordingError::Line {
                    line: number + 1,
                    why,
                })
            })
            .collect()
    }

    fn parse(line: &str) -> Result<Self, String> {
        let line: Line = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let container_userns = userns(&line.userns)?;
        let sandbox_userns = line
            .sandbox_userns
            .as_deref()
            .map_or(Ok(container_userns), userns)?;
        let calls = [
            (
                CallObserved::RunPodSandbox(sandbox_userns),
                Some(line.run_pod_sandbox),
            ),
            (
                CallObserved::CreateContainer(container_userns),
                line.create_container,
            ),
            (CallObserved::StartContainer, line.start_container),
        ];
        let mut events = Vec::new();
        for (call, reply) in calls {
            let Some(reply) = reply else { continue };
            events.push(Event::Called(call));
            let reply = if reply == OK {
                ReplyObserved::Ok
            } else {
                ReplyObserved::Error(reply)
            };
            events.push(Event::Replied(call.method(), reply));
        }
        Ok(Self {
            containerd: line.containerd,
            handler: line.handler,
            network: line.network,
            shim_info: line.shim_info,
            log: line.log,
            events,
        })
    }
}

fn userns(name: &str) -> Result<Userns<()>, String> {
    Ok(match name {
        "linux-nil" => Userns::LinuxNil,
        "nil" => Userns::Nil,
        "NODE" => Userns::Node,
        "POD" => Userns::Pod(()),
        "CONTAINER" => Userns::Container,
        "TARGET" => Userns::Target,
        other => return Err(format!("`{other}` is no mode of user namespaces")),
    })
}

impl CallObserved {
    /// The method. A recorded pod has one container.
    pub fn method(self) -> Call {
        match self {
            Self::RunPodSandbox(_) => Call::RunPodSandbox,
            Self::CreateContainer(_) => Call::CreateContainer(0),
            Self::StartContainer => Call::StartContainer(0),
        }
    }
}

fn name(call: Call) -> &'static str {
    match call {
        Call::RunPodSandbox => "RunPodSandbox",
        Call::CreateContainer(_) => "CreateContainer",
        Call::StartContainer(_) => "StartContainer",
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Called(call) => {
                write!(f, "call of {}", name(call.method()))?;
                match call {
                    CallObserved::RunPodSandbox(userns) | CallObserved::CreateContainer(userns) => {
                        write!(f, " with {userns}")
                    }
                    CallObserved::StartContainer => Ok(()),
                }
            }
            Self::Replied(call, ReplyObserved::Ok) => write!(f, "{} succeeded", name(*call)),
            Self::Replied(call, ReplyObserved::Error(text)) => write!(f, "{} failed: {text}", name(*call)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_run() {
        let text = "\n{\"RunPodSandbox\":\"ok\",\"CreateContainer\":\"no\",\"handler\":\"a\",\"userns\":\"POD\",\
                    \"sandbox_userns\":\"nil\"}\n";
        let recording = &Recording::parse_lines(text).unwrap()[0];
        let told: Vec<String> = recording.events.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "call of RunPodSandbox with UsernsOptions nil",
                "RunPodSandbox succeeded",
                "call of CreateContainer with UsernsOptions POD with a mapping",
                "CreateContainer failed: no",
            ]
        );
    }

    #[test]
    fn what_is_no_run_is_told_with_its_line() {
        for (line, part) in [
            ("{", "EOF"),
            ("{\"handler\":\"a\",\"userns\":\"nil\"}", "RunPodSandbox"),
            (
                "{\"RunPodSandbox\":\"ok\",\"handler\":\"a\",\"userns\":\"HOST\"}",
                "`HOST` is no mode",
            ),
            (
                "{\"RunPodSandbox\":\"ok\",\"handler\":\"a\",\"userns\":\"nil\",\"other\":1}",
                "other",
            ),
        ] {
            let error = Recording::parse_lines(&format!("\n{line}"))
                .unwrap_err()
                .to_string();
            assert!(error.starts_with("line 2: ") && error.contains(part), "{error}");
        }
    }
}
