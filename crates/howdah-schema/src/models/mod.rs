//! Python source of models for a schema: what `howdah models from-db` writes.
//!
//! No IO. Invariant: `create_all` of the module, run, makes the schema that the module was written of: names are told
//! where they are not those that `howdah.orm` gives by itself ([`crate::naming`]).

mod columns;
mod context;
mod declarations;
mod left_out;
mod names;
mod relations;
mod source;
mod standalone;
mod tables;
mod types;

use std::fmt::Write;

use crate::value::Schema;
use context::Context;

pub use left_out::left_out;

/// The module for a schema that was read; `title` is the first line of its docstring.
#[must_use]
pub fn module(schema: &Schema, title: &str) -> String {
    let mut context = Context::of(schema);
    let mut body = standalone::all(&mut context);
    for relation in tables::all(&context) {
        body.push_str("\n\n");
        body.push_str(&relation);
    }
    let title = title.replace(['"', '\\', '\n'], "'");
    let mut text = format!("\"\"\"{title}\"\"\"\n\nfrom __future__ import annotations\n");
    text.push_str(&imports(&body));
    let body = body.trim_start_matches('\n');
    let space = if body.starts_with("class ") {
        "\n\n"
    } else {
        "\n"
    };
    let _ = writeln!(text, "{space}{}", body.trim_end()); // into a String: cannot fail
    text
}

/// The import statements for what the body uses.
fn imports(body: &str) -> String {
    let is_letter = |it: char| it.is_alphanumeric() || matches!(it, '_' | '"' | '\'');
    let stands = |word: &str, may_follow: &dyn Fn(Option<char>) -> bool| {
        body.match_indices(word).any(|(at, _)| {
            let before = body.get(..at).and_then(|it| it.chars().next_back());
            let after = body.get(at + word.len()..).and_then(|it| it.chars().next());
            !before.is_some_and(is_letter) && may_follow(after)
        })
    };
    let uses = |word: &str| stands(word, &|after| !after.is_some_and(is_letter));
    let calls = |names: &[&str]| -> Vec<String> {
        let is_used = |name: &&&str| {
            let is_class = name.starts_with(|it: char| it.is_uppercase());
            if is_class {
                uses(name)
            } else {
                stands(name, &|after| after == Some('('))
            }
        };
        names
            .iter()
            .filter(is_used)
            .map(|it| (*it).to_owned())
            .collect()
    };
    let mut text = String::new();
    let mut line = |is_used: bool, line: &str| {
        if is_used {
            text.push_str(line);
            text.push('\n');
        }
    };
    line(true, "");
    line(uses("dt"), "import datetime as dt");
    line(uses("enum"), "import enum");
    line(uses("Decimal"), "from decimal import Decimal");
    let typing: Vec<&str> = ["Annotated", "Any"]
        .into_iter()
        .filter(|it| uses(it))
        .collect();
    line(
        !typing.is_empty(),
        &format!("from typing import {}", typing.join(", ")),
    );
    line(uses("UUID"), "from uuid import UUID");
    let orm = calls(names::FROM_ORM);
    let declarations = calls(names::FROM_SCHEMA);
    let values: Vec<String> = ["Multirange", "Range"]
        .into_iter()
        .filter(|it| uses(it))
        .map(str::to_owned)
        .collect();
    for (module, names) in [
        ("howdah.orm", orm),
        ("howdah.orm.schema", declarations),
        ("howdah.types", values),
    ] {
        if !names.is_empty() {
            let separator = if module == "howdah.orm" { "\n" } else { "" };
            text.push_str(separator);
            text.push_str(&import(module, &names));
        }
    }
    text
}

fn import(module: &str, names: &[String]) -> String {
    let flat = format!("from {module} import {}\n", names.join(", "));
    if flat.len() <= 97 {
        return flat;
    }
    format!(
        "from {module} import (\n    {},\n)\n",
        names.join(",\n    ")
    )
}
