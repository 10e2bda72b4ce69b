//! Whether two error texts are the same, but for what differs from run to run.

/// What stands for a part that was left out, in a recording or in the catalogue.
const LEFT_OUT: char = '…';

/// The ids of sandboxes and containers are as many hexadecimal digits.
const ID_DIGITS: usize = 64;

/// Whether one of them can be the other, once ids and paths of binaries are left out of both, and with anything
/// in the place of what was left out before.
pub(super) fn alike(one: &str, other: &str) -> bool {
    let one: Vec<char> = without_particulars(one).chars().collect();
    let other: Vec<char> = without_particulars(other).chars().collect();
    // `fits[j]`: the rest of `one` and `other[j..]` have a text in common; from the end to the beginning.
    let mut fits = vec![false; other.len() + 1];
    for i in (0..=one.len()).rev() {
        let mut row = vec![false; other.len() + 1];
        for j in (0..=other.len()).rev() {
            row[j] = match (one.get(i), other.get(j)) {
                (None, None) => true,
                (Some(&LEFT_OUT), _) => fits[j] || (j < other.len() && row[j + 1]),
                (_, Some(&LEFT_OUT)) => row[j + 1] || (i < one.len() && fits[j]),
                (Some(a), Some(b)) => a == b && fits[j + 1],
                (None, Some(_)) | (Some(_), None) => false,
            };
        }
        fits = row;
    }
    fits[0]
}

fn without_particulars(text: &str) -> String {
    without_binary(&without_ids(text))
}

fn without_ids(text: &str) -> String {
    let mut out = String::new();
    let mut digits = String::new();
    let flush = |digits: &mut String, out: &mut String| {
        if digits.len() == ID_DIGITS {
            out.push_str("<id>");
        } else {
            out.push_str(digits);
        }
        digits.clear();
    };
    for c in text.chars() {
        if c.is_ascii_hexdigit() {
            digits.push(c);
        } else {
            flush(&mut digits, &mut out);
            out.push(c);
        }
    }
    flush(&mut digits, &mut out);
    out
}

/// The binary that was asked for its information depends on where it is installed.
fn without_binary(text: &str) -> String {
    let asked = "failed to run [";
    let Some((before, after)) = text.split_once(asked) else {
        return text.to_owned();
    };
    match after.split_once(" -info]") {
        Some((_, after)) => format!("{before}{asked}<path> -info]{after}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_paths_do_not_matter() {
        let id = "0123456789abcdef".repeat(4);
        assert!(alike(
            &format!("failed to start sandbox \"{id}\": x"),
            "failed to start sandbox \"<id>\": x"
        ));
        assert!(!alike(
            &format!("failed to start sandbox \"{id}0\": x"),
            "failed to start sandbox \"<id>\": x"
        ));
        assert!(alike(
            "failed to run [/a/b -info]: x",
            "failed to run [c -info]: x"
        ));
        assert!(!alike(
            "failed to run [/a/b -info]: x",
            "failed to run [c -info]: y"
        ));
    }

    #[test]
    fn what_is_left_out_can_be_anything() {
        assert!(alike("a \"…\" b", "a \"BUNDLE/user\" b"));
        assert!(alike("a: b…", "a: b c d\")"));
        assert!(alike("a: b …", "a: b…\")"));
        assert!(alike("…", ""));
        assert!(!alike("a…", "b…"));
        assert!(!alike("a…c", "abd"));
        assert!(!alike("", "a"));
    }
}
