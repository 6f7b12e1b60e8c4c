//! `create function`, `create procedure`. No IO.

use std::fmt::Write;

use crate::identifiers::{literal, quoted};
use crate::value::{Parallel, Routine, RoutineKind, Volatility};

pub(crate) fn create(it: &Routine) -> String {
    let mut text = format!("create {} {}({})", it.kind.sql(), it.name, it.arguments);
    if let (RoutineKind::Function, Some(returns)) = (it.kind, &it.returns) {
        let _ = write!(text, "\nreturns {returns}"); // into a String: cannot fail
    }
    let _ = write!(text, "\nlanguage {}", quoted(&it.language));
    if !it.transforms.is_empty() {
        let types: Vec<String> = it
            .transforms
            .iter()
            .map(|it| format!("for type {it}"))
            .collect();
        let _ = write!(text, " transform {}", types.join(", "));
    }
    for word in attributes(it) {
        text.push(' ');
        text.push_str(&word);
    }
    for (name, value) in &it.settings {
        let _ = write!(text, "\nset {name} to {value}");
    }
    if let Some(library) = &it.library {
        let _ = write!(text, "\nas {}, {}", literal(library), literal(&it.body));
    } else if it.atomic {
        let _ = write!(text, "\n{}", it.body);
    } else {
        let tag = dollar_tag(&it.body);
        let _ = write!(text, "\nas {tag}{}{tag}", it.body);
    }
    text
}

/// How statements name the routine: with the types of its arguments where they are known.
pub(crate) fn designation(it: &Routine) -> String {
    match &it.signature {
        Some(signature) => format!("{}({signature})", it.name),
        None => it.name.to_string(),
    }
}

fn attributes(it: &Routine) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = |is_there: bool, text: &str| {
        if is_there {
            words.push(text.to_owned());
        }
    };
    word(it.window, "window");
    word(it.volatility == Volatility::Immutable, "immutable");
    word(it.volatility == Volatility::Stable, "stable");
    word(it.leakproof, "leakproof");
    word(it.strict, "strict");
    word(it.security_definer, "security definer");
    word(it.parallel == Parallel::Safe, "parallel safe");
    word(it.parallel == Parallel::Restricted, "parallel restricted");
    words.extend(it.cost.iter().map(|cost| format!("cost {cost}")));
    words.extend(it.rows.iter().map(|rows| format!("rows {rows}")));
    words.extend(it.support.iter().map(|name| format!("support {name}")));
    words
}

/// A quote that the body does not hold.
pub(super) fn dollar_tag(body: &str) -> String {
    let tags = std::iter::once("$$".to_owned()).chain((0..).map(|number| match number {
        0 => "$body$".to_owned(),
        number => format!("$body{number}$"),
    }));
    let mut free = tags.filter(|tag| !format!("{body}$").contains(tag));
    free.next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quote_is_not_in_the_body() {
        assert_eq!(dollar_tag("begin end"), "$$");
        assert_eq!(dollar_tag("execute $$x$$"), "$body$");
        assert_eq!(dollar_tag("costs 5$"), "$body$");
        assert_eq!(dollar_tag("$$ $body$"), "$body1$");
    }
}
