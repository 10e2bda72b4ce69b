//! The names that a mistyped one may have meant.

/// The known names most like `name`, best first, at most three.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    // Below this, suggestions are noise: `runc` and `kata` have 0.5.
    const LIKENESS: f64 = 0.7;
    let mut scored: Vec<(f64, &str)> = known
        .into_iter()
        .map(|candidate| {
            (
                strsim::jaro_winkler(&name.to_lowercase(), &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(likeness, _)| *likeness >= LIKENESS)
        .collect();
    scored.sort_by(|(a, first), (b, second)| b.total_cmp(a).then_with(|| first.cmp(second)));
    scored
        .into_iter()
        .take(3)
        .map(|(_, candidate)| candidate.to_owned())
        .collect()
}

/// `did you mean …?`, or the list of what is known if nothing is near.
pub fn suggest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let near = nearest(name, known.iter().copied());
    if near.is_empty() {
        if known.is_empty() {
            "nothing is known here".to_owned()
        } else {
            format!("known: {}", quoted(&known))
        }
    } else {
        format!(
            "did you mean {}?",
            near.iter()
                .map(|name| format!("`{name}`"))
                .collect::<Vec<_>>()
                .join(" or ")
        )
    }
}

/// The names in backticks, with commas.
pub(crate) fn quoted<S: AsRef<str>>(names: &[S]) -> String {
    names
        .iter()
        .map(|name| format!("`{}`", name.as_ref()))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_its_name() {
        assert_eq!(nearest("runsk", ["runc", "runsc", "kata"])[0], "runsc");
        assert_eq!(suggest("gates", ["feature-gates"]), "known: `feature-gates`");
        assert_eq!(
            suggest("feature_gates", ["feature-gates", "version"]),
            "did you mean `feature-gates`?"
        );
    }

    #[test]
    fn nothing_near_lists_what_is_known() {
        assert_eq!(suggest("zzz", ["runc", "kata"]), "known: `runc`, `kata`");
        assert_eq!(suggest("zzz", []), "nothing is known here");
    }
}
