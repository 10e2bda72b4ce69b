//! Input that cannot be used, with its place and how to mend it.

use miette::{Diagnostic, SourceSpan};
use thiserror::Error;

use crate::design::InDesign;
use crate::snippet::{Place, Snippet};

/// Why a scenario cannot be used. For the command each of them is exit code 2.
#[derive(Clone, Debug, Error, Diagnostic)]
pub enum ScenarioError {
    /// A named file does not exist.
    #[error("there is no file {path}")]
    #[diagnostic(code(scenario::missing_file), help("it is named by {referrer}"))]
    Missing {
        /// The path that was tried.
        path: String,
        /// Who names the file: a file and key, or the command line.
        referrer: String,
    },

    /// A file exists but cannot be read as text.
    #[error("{path} cannot be read: {why}")]
    #[diagnostic(code(scenario::unreadable_file), help("it is named by {referrer}"))]
    Unreadable {
        /// The path that was tried.
        path: String,
        /// Who names the file.
        referrer: String,
        /// What the operating system or the decoder says.
        why: String,
    },

    /// A file is larger than any configuration is.
    #[error("{path} is larger than {limit} bytes")]
    #[diagnostic(
        code(scenario::file_too_large),
        help("it is named by {referrer}; is it the right file?")
    )]
    TooLarge {
        /// The path.
        path: String,
        /// Who names the file.
        referrer: String,
        /// The bound, in bytes.
        limit: u64,
    },

    /// A file is not what its format asks for.
    #[error("{message}")]
    #[diagnostic(code(scenario::syntax))]
    Syntax {
        /// What the parser says, with the name of the format.
        message: String,
        /// The file.
        #[source_code]
        source_code: Snippet,
        /// Where.
        #[label("here")]
        at: SourceSpan,
    },

    /// A key that nothing reads.
    #[error("unknown key `{key}`")]
    #[diagnostic(code(scenario::unknown_key))]
    UnknownKey {
        /// The key.
        key: String,
        /// The nearest known keys.
        #[help]
        help: String,
        /// The file.
        #[source_code]
        source_code: Snippet,
        /// Where.
        #[label("not a key of this table")]
        at: SourceSpan,
    },

    /// A value of the wrong type, or outside of what is known.
    #[error("{message}")]
    #[diagnostic(code(scenario::bad_value))]
    BadValue {
        /// What is wrong.
        message: String,
        /// What would be right, where the message does not say so.
        #[help]
        help: Option<String>,
        /// The file.
        #[source_code]
        source_code: Snippet,
        /// Where.
        #[label("here")]
        at: SourceSpan,
    },

    /// A containerd configuration of a version that no release has.
    #[error("no release of containerd has configuration version {version}")]
    #[diagnostic(
        code(scenario::configuration_version),
        help("versions 1 to 4 exist: 2 since containerd 1.3, 3 since 2.0, 4 since 2.3")
    )]
    ConfigVersion {
        /// The version that the file names.
        version: i64,
        /// The file.
        #[source_code]
        source_code: Snippet,
        /// Where.
        #[label("here")]
        at: SourceSpan,
    },

    /// `imports` lead to more files than any node has.
    #[error("the imports of {path} lead to more than {limit} files")]
    #[diagnostic(
        code(scenario::too_many_imports),
        help("is the pattern of `imports` too wide?")
    )]
    TooManyImports {
        /// The file that the imports start from.
        path: String,
        /// The bound.
        limit: usize,
    },

    /// A Pod that the API server of no release admits, or without what a Pod needs.
    #[error("{message}")]
    #[diagnostic(code(scenario::pod), help("{help}"))]
    Pod {
        /// What is wrong.
        message: String,
        /// How to mend it.
        help: String,
        /// The manifest.
        #[source_code]
        source_code: Snippet,
        /// Where.
        #[label("{label}")]
        at: SourceSpan,
        /// What stands there.
        label: &'static str,
    },

    /// A Pod names a `RuntimeClass` that no file has.
    #[error("no RuntimeClass `{name}` among the files of the scenario")]
    #[diagnostic(code(scenario::missing_runtime_class), help("{help}"))]
    MissingRuntimeClass {
        /// The class.
        name: String,
        /// Which file to add.
        help: String,
        /// The manifest of the Pod.
        #[source_code]
        source_code: Snippet,
        /// Where.
        #[label("named here")]
        at: SourceSpan,
    },

    /// A `RuntimeClass` names a handler that the containerd configuration does not have.
    #[error("RuntimeClass `{class}` names the handler `{handler}`, which the containerd configuration lacks")]
    #[diagnostic(code(scenario::unknown_handler), help("{help}"))]
    UnknownHandler {
        /// The class.
        class: String,
        /// The handler.
        handler: String,
        /// The nearest handlers.
        help: String,
        /// The file of the `RuntimeClass`.
        #[source_code]
        source_code: Snippet,
        /// Where.
        #[label("not a handler of this node")]
        at: SourceSpan,
    },

    /// A design file cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Design(InDesign),
}

impl ScenarioError {
    pub(crate) fn bad_value(
        place: &Place,
        message: impl Into<String>,
        help: impl Into<Option<String>>,
    ) -> Self {
        Self::BadValue {
            message: message.into(),
            help: help.into(),
            source_code: place.source(),
            at: place.span(),
        }
    }
}
