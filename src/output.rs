//! Standard output for answers, standard error for everything else.

use std::io::{ErrorKind, IsTerminal, Write};
use std::path::Path;

use miette::{GraphicalReportHandler, GraphicalTheme, ThemeCharacters, ThemeStyles};
use shimproof_reports::Styles;

use crate::args::Color;
use crate::failure::Failure;

/// Where and how answers are printed.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    color: Color,
    quiet: bool,
}

impl Output {
    pub fn new(color: Color, quiet: bool) -> Self {
        Self { color, quiet }
    }

    /// The styles of a text on standard output.
    pub fn styles(self) -> Styles {
        if self.colours(std::io::stdout().is_terminal()) {
            Styles::coloured()
        } else {
            Styles::plain()
        }
    }

    /// Whether progress is shown.
    pub fn shows_progress(self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }

    fn colours(self, terminal: bool) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && std::env::var_os("NO_COLOR").is_none(),
        }
    }

    /// Prints an answer. A reader that stops reading is no error.
    pub fn document(self, text: &str) {
        let mut out = std::io::stdout().lock();
        let newline = if text.ends_with('\n') { "" } else { "\n" };
        if let Err(error) = write!(out, "{text}{newline}").and_then(|()| out.flush())
            && error.kind() != ErrorKind::BrokenPipe
        {
            self.failure(&Failure::Output(error));
        }
    }

    /// Prints a line on standard error, for those who look on.
    pub fn note(self, text: &str) {
        if !self.quiet {
            // There is nowhere left to say that standard error cannot be written.
            let _ = writeln!(anstream::stderr(), "{text}");
        }
    }

    /// Prints a line on standard error that nobody is to miss.
    pub fn warning(text: &str) {
        // There is nowhere left to say that standard error cannot be written.
        let _ = writeln!(anstream::stderr(), "warning: {text}");
    }

    /// Prints a diagnostic.
    pub fn failure(self, failure: &Failure) {
        let theme = if self.colours(std::io::stderr().is_terminal()) {
            GraphicalTheme::unicode()
        } else {
            GraphicalTheme {
                characters: ThemeCharacters::unicode(),
                styles: ThemeStyles::none(),
            }
        };
        let mut text = String::new();
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_links(false)
            .with_width(110);
        if handler
            .render_report(&mut text, failure.report().as_ref())
            .is_err()
        {
            text = format!("{:?}", failure.report());
        }
        // There is nowhere left to say that standard error cannot be written.
        let _ = write!(anstream::stderr(), "{text}");
    }
}

/// Writes an answer to a file: whole or not at all. What is no regular file, such as `/dev/stdout`, is written to.
pub fn write_file(path: &Path, text: &str) -> Result<(), Failure> {
    let write = |error| Failure::Write {
        path: path.to_owned(),
        error,
    };
    if path.exists() && !path.is_file() && !path.is_dir() {
        return std::fs::write(path, text).map_err(write);
    }
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let name = path
        .file_name()
        .ok_or_else(|| write(ErrorKind::IsADirectory.into()))?;
    // Beside it, so that renaming it is all that is left to do; two commands do not write to one such file.
    let partial = directory.join(format!(
        ".{}.{}.partial",
        name.to_string_lossy(),
        std::process::id()
    ));
    let written = std::fs::write(&partial, text).and_then(|()| std::fs::rename(&partial, path));
    if written.is_err() {
        // It may not be there.
        let _ = std::fs::remove_file(&partial);
    }
    written.map_err(write)
}
