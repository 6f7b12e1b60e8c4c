//! `create collation`. No IO.

use super::push_some;
use crate::identifiers::literal;
use crate::value::{Collation, CollationProvider};

pub(crate) fn create(it: &Collation) -> String {
    let mut text = format!("create collation {} (", it.name);
    let provider = it.provider != CollationProvider::Libc;
    let options = [
        (
            "provider = ",
            provider.then(|| it.provider.sql().to_owned()),
        ),
        ("locale = ", it.locale.as_deref().map(literal)),
        ("lc_collate = ", it.lc_collate.as_deref().map(literal)),
        ("lc_ctype = ", it.lc_ctype.as_deref().map(literal)),
        (
            "deterministic = ",
            (!it.deterministic).then(|| "false".to_owned()),
        ),
        ("rules = ", it.rules.as_deref().map(literal)),
    ];
    let mut separator = "";
    for (keyword, value) in options {
        if value.is_some() {
            text.push_str(separator);
            separator = ", ";
        }
        push_some(&mut text, keyword, value);
    }
    text.push(')');
    text
}
