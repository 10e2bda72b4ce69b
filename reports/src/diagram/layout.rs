//! Lines of text of a bounded width.

/// The width of a character of the diagrams' font, in pixels, as a fraction of its size: a little more than that
/// of the usual sans-serif fonts, so that text stays inside its box.
const EM: f64 = 0.58;
/// The size of the font, in pixels.
pub const FONT_SIZE: f64 = 12.0;
/// From one line to the next, in pixels.
pub const LINE_HEIGHT: f64 = 15.0;

/// The width of a line, in pixels.
pub fn width(line: &str) -> f64 {
    // The number of characters is far below 2^52.
    #[allow(clippy::cast_precision_loss)]
    let characters = line.chars().count() as f64;
    characters * EM * FONT_SIZE
}

/// The text in lines no wider than that many pixels: broken at spaces, and inside of words that are too long.
pub fn wrap(text: &str, pixels: f64) -> Vec<String> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A small positive number.
    let most = ((pixels / (EM * FONT_SIZE)) as usize).max(8);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        let room = |line: &String| most.saturating_sub(line.chars().count() + usize::from(!line.is_empty()));
        if word.len() > room(&line) && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        while word.len() > most {
            // Names of types break best after a dot or slash, names of functions before a capital.
            let places = || (most / 2..most).rev();
            let cut = places()
                .find(|at| matches!(word[*at], '.' | '/' | '{' | ','))
                .map(|at| at + 1)
                .or_else(|| places().find(|at| word[*at].is_uppercase() && word[at - 1].is_lowercase()))
                .unwrap_or(most);
            lines.push(word.drain(..cut).collect());
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_at_spaces_and_inside_long_names() {
        let lines = wrap(
            "Create container app, options: containerd.runc.v1.Options{BinaryName}",
            120.0,
        );
        assert!(lines.iter().all(|line| width(line) <= 120.0), "{lines:?}");
        assert_eq!(
            lines.concat().replace(' ', ""),
            "Createcontainerapp,options:containerd.runc.v1.Options{BinaryName}"
        );
        assert_eq!(
            wrap("GetOrCreateUserNamespaceMappings", 200.0),
            ["GetOrCreateUserNamespace", "Mappings"]
        );
        assert_eq!(wrap("", 100.0), Vec::<String>::new());
    }
}
