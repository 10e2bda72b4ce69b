//! Colours, in one place.

use anstyle::{AnsiColor, Style};

/// How parts of a text report are set off. [`Styles::plain`] sets off nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Styles {
    /// Names of scenarios, designs and properties.
    pub name: Style,
    /// A verdict that is as one wishes it.
    pub good: Style,
    /// A verdict that is not.
    pub bad: Style,
    /// A verdict that leaves a question open.
    pub open: Style,
    /// What is there for those who look closer.
    pub dim: Style,
}

impl Styles {
    /// Without colours.
    pub fn plain() -> Self {
        Self::default()
    }

    /// For a terminal.
    pub fn coloured() -> Self {
        Self {
            name: Style::new().bold(),
            good: AnsiColor::Green.on_default(),
            bad: AnsiColor::Red.on_default().bold(),
            open: AnsiColor::Yellow.on_default(),
            dim: Style::new().dimmed(),
        }
    }
}

/// `text` in a style.
pub(crate) fn set(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}
