//! Lists of names in a sentence.
//!
//! No IO. Invariant: however many there are, the sentence stays one.

/// Names beyond these are counted.
const MOST: usize = 6;

/// `a, b and 210 more`.
pub(in crate::lint::rules) fn listed(names: &[String]) -> String {
    match names.get(..MOST) {
        Some(first) if names.len() > MOST => {
            format!("{} and {} more", first.join(", "), names.len() - MOST)
        }
        _ => names.join(", "),
    }
}

/// The verb behind [`listed`].
pub(in crate::lint::rules) fn it_is(names: &[String]) -> &'static str {
    if names.len() == 1 {
        "it is"
    } else {
        "they are"
    }
}

/// `is` or `are`.
pub(in crate::lint::rules) fn is(names: &[String]) -> &'static str {
    if names.len() == 1 { "is" } else { "are" }
}
