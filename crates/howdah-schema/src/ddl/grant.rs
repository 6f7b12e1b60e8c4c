//! `grant`, and `alter default privileges`. No IO.

use std::borrow::Cow;

use super::routine::dollar_tag;
use super::{definition, push_some, routine};
use crate::identifiers::{literal, quoted};
use crate::value::{DefaultPrivileges, Grant, Grants, Name, Schema};

pub(crate) fn everything(schema: &Schema, out: &mut Vec<String>) {
    let mut grant = |what: String, grants: &Grants, is_public: bool| {
        if let (Some(_), true) = (grants, is_public) {
            // everybody has the right by default; what is listed takes its place
            out.push(format!("revoke all on {what} from public"));
        }
        for it in grants.iter().flatten() {
            let (role, tail) = (role(it), tail(it));
            out.push(format!(
                "grant {} on {what} to {role}{tail}",
                it.privileges.join(", ")
            ));
        }
    };
    if let Some(public) = &schema.public {
        grant("schema public".to_owned(), &public.grants, true);
    }
    for it in &schema.schemas {
        grant(format!("schema {}", quoted(&it.name)), &it.grants, false);
    }
    let enums = schema.enums.iter().map(|it| (&it.name, &it.grants));
    let composites = schema.composites.iter().map(|it| (&it.name, &it.grants));
    let ranges = schema.ranges.iter().map(|it| (&it.name, &it.grants));
    let domains = schema.domains.iter().map(|it| (&it.name, &it.grants));
    for (name, grants) in enums.chain(composites).chain(ranges).chain(domains) {
        grant(format!("type {name}"), grants, true);
    }
    for it in &schema.servers {
        let what = format!("foreign server {}", quoted(&it.name));
        grant(what, &it.grants, false);
    }
    for it in &schema.sequences {
        grant(format!("sequence {}", it.name), &it.grants, false);
    }
    for it in &schema.routines {
        grant(
            format!("{} {}", it.kind.sql(), routine::designation(it)),
            &it.grants,
            true,
        );
    }
    for it in &schema.definitions {
        let what = format!("{} {}", it.kind.grant_sql(), it.designation);
        grant(what, &it.grants, definition::usual(it).is_some());
    }
    for it in &schema.tables {
        grant(format!("table {}", it.name), &it.grants, false);
    }
    for it in &schema.views {
        grant(format!("table {}", it.name), &it.grants, false);
    }
    for table in &schema.tables {
        for column in &table.columns {
            column_grants(&table.name, &column.name, &column.grants, out);
        }
        for column in &table.inherited {
            column_grants(&table.name, &column.name, &column.grants, out);
        }
    }
    for view in &schema.views {
        for column in &view.columns {
            column_grants(&view.name, &column.name, &column.grants, out);
        }
    }
    for it in &schema.default_privileges {
        by_default(it, out);
    }
}

/// Gives on one relation what another one and its columns give, as they do when it runs: whoever has granted it.
pub(crate) fn copied(from: &Name, to: &Name) -> String {
    let table = format!("{}::regclass", literal(&from.to_string()));
    run_each(&granted(&table, &literal(&to.to_string())))
}

/// Remembers, for the session, the rights and the owner of views, and the comments of some: [`given_again`] takes them.
pub(crate) fn remembered(views: &[&Name], with_comment: &[&Name]) -> String {
    let list = |names: &[&Name]| {
        let names = names
            .iter()
            .map(|it| format!("to_regclass({})", literal(&it.to_string())));
        names.collect::<Vec<_>>().join(", ")
    };
    let views = list(views);
    let mut given = format!(
        "\
select 1, given from ({grants}) as it(given)
    union all
    select 2, format('alter %s %s owner to %s', case relkind when 'm' then 'materialized view' else 'view' end,
        oid::regclass, quote_ident(pg_get_userbyid(relowner)))
    from pg_class where oid in ({views}) and pg_get_userbyid(relowner) <> current_user",
        grants = granted(&views, "o.name")
    );
    if !with_comment.is_empty() {
        let comments = format!(
            "
    union all
    select 3, format('comment on %s %s is %L', case relkind when 'm' then 'materialized view' else 'view' end,
        oid::regclass, obj_description(oid, 'pg_class'))
    from pg_class where oid in ({}) and obj_description(oid, 'pg_class') is not null",
            list(with_comment)
        );
        given.push_str(&comments);
    }
    format!(
        "\
select set_config('howdah.rights', coalesce(json_agg(given.statement order by given.place)::text, '[]'), false)
from (
    {given}
) as given(place, statement)"
    )
}

/// A query for the statements that give on `target` what relations and their columns give to others than their owners.
fn granted(relations: &str, target: &str) -> String {
    format!(
        "
        select format('grant %s%s on %s to %s%s', it.privilege_type, ' (' || quote_ident(o.attname) || ')', {target},
            case it.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(it.grantee)) end,
            case when it.is_grantable then ' with grant option' end)
        from (
            select relacl, null, relowner, oid::regclass from pg_class where oid in ({relations})
            union all
            select a.attacl, a.attname, c.relowner, c.oid::regclass
            from pg_attribute a join pg_class c on c.oid = a.attrelid
            where c.oid in ({relations}) and not a.attisdropped
        ) as o(acl, attname, owner, name), aclexplode(o.acl) as it
        where it.grantee <> o.owner
    "
    )
}

/// Gives what [`remembered`] has read to what stands under the same names now.
pub(crate) fn given_again() -> String {
    run_each("select json_array_elements_text(current_setting('howdah.rights', true)::json)")
}

/// A block that runs the statements that a query gives.
fn run_each(query: &str) -> String {
    let query = query.trim_end();
    let body = format!(
        "
declare
    given text;
begin
    for given in {query}
    loop
        execute given;
    end loop;
end
"
    );
    let tag = dollar_tag(&body);
    format!("do {tag}{body}{tag}")
}

fn column_grants(table: &Name, column: &str, grants: &Grants, out: &mut Vec<String>) {
    let column = quoted(column);
    for it in grants.iter().flatten() {
        let rights = it
            .privileges
            .iter()
            .map(|right| format!("{right} ({column})"));
        let rights: Vec<String> = rights.collect();
        let (role, tail) = (role(it), tail(it));
        out.push(format!(
            "grant {} on table {table} to {role}{tail}",
            rights.join(", ")
        ));
    }
}

/// The statements of `alter default privileges`.
pub(crate) fn by_default(it: &DefaultPrivileges, out: &mut Vec<String>) {
    let (begin, objects) = (beginning(it), &it.objects);
    if everybody(it).is_some() {
        out.push(format!("{begin} revoke all on {objects} from public"));
    }
    for grant in &it.grants {
        let (rights, role, tail) = (grant.privileges.join(", "), role(grant), tail(grant));
        out.push(format!(
            "{begin} grant {rights} on {objects} to {role}{tail}"
        ));
    }
}

/// The statements after which they are PostgreSQL's again.
pub(crate) fn usual_again(it: &DefaultPrivileges, out: &mut Vec<String>) {
    let (begin, objects) = (beginning(it), &it.objects);
    for grant in &it.grants {
        out.push(format!(
            "{begin} revoke all on {objects} from {}",
            role(grant)
        ));
    }
    if let Some(right) = everybody(it) {
        out.push(format!("{begin} grant {right} on {objects} to public"));
    }
}

fn beginning(it: &DefaultPrivileges) -> String {
    let mut text = format!("alter default privileges for role {}", quoted(&it.role));
    push_some(&mut text, " in schema ", it.schema.as_deref().map(quoted));
    text
}

/// What everybody may do by PostgreSQL's defaults, which these take the place of.
fn everybody(it: &DefaultPrivileges) -> Option<&'static str> {
    match &*it.objects {
        "functions" if it.schema.is_none() => Some("execute"),
        "types" if it.schema.is_none() => Some("usage"),
        _ => None,
    }
}

fn role(it: &Grant) -> Cow<'_, str> {
    it.role.as_deref().map_or("public".into(), quoted)
}

fn tail(it: &Grant) -> &'static str {
    if it.grantable {
        " with grant option"
    } else {
        ""
    }
}
