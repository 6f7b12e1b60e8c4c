//! `FOR UPDATE` and its kin: how strong, and the rows of which relations.

use squawk_parser::SyntaxKind as K;

use super::expressions::QUERIES;
use super::queries::merge;
use super::tree::Tree;
use crate::ast::{Node, ObjectName, Query, RowLock};

impl Tree<'_> {
    /// What this clause locks, added to what the query is known to lock.
    pub(super) fn lock_rows(&self, query: &mut Query) {
        query.locks_rows = query.locks_rows.max(self.row_lock());
        let select = self.ancestors().next().and_then(|it| it.outermost());
        let from = select.and_then(|it| it.child(K::FROM_CLAUSE));
        let of = self.child(K::LOCKING_OF).map(|it| it.locked_names());
        let mut locked = Vec::new();
        if let Some(from) = from {
            from.lockable(of.as_deref(), &mut locked);
        }
        merge(&mut query.row_locks, &locked);
    }

    fn row_lock(&self) -> Option<RowLock> {
        let strength = self.any(&[
            K::FOR_UPDATE,
            K::FOR_NO_KEY_UPDATE,
            K::FOR_SHARE,
            K::FOR_KEY_SHARE,
        ])?;
        Some(match strength.kind() {
            K::FOR_UPDATE => RowLock::Update,
            K::FOR_NO_KEY_UPDATE => RowLock::NoKeyUpdate,
            K::FOR_SHARE => RowLock::Share,
            _ => RowLock::KeyShare,
        })
    }

    /// The names behind `OF`.
    fn locked_names(&self) -> Vec<String> {
        let expressions = self.descendants().filter(Tree::is_expr);
        let names = expressions.filter_map(|it| match it.as_node() {
            Node::Column(mut path) => path.pop(),
            _ => None,
        });
        names.collect()
    }

    /// The relations of a `FROM` clause, those in its subqueries too; with `of` what goes by one of these names.
    fn lockable(&self, of: Option<&[String]>, found: &mut Vec<ObjectName>) {
        let mut pending: Vec<(Tree<'_>, Option<&[String]>)> =
            self.nodes().map(|item| (item, of)).collect();
        while let Some((item, of)) = pending.pop() {
            match item.kind() {
                K::RELATION_FROM_ITEM if item.goes_by(of) => {
                    let name = item.object(K::RELATION_NAME_REF);
                    found.extend(name.filter(|name| !item.is_with_query(name)));
                }
                K::PAREN_FROM_ITEM => match item.any(&QUERIES) {
                    // everything in a subquery that is locked
                    Some(query) if item.goes_by(of) => {
                        let from = query.outermost().and_then(|it| it.child(K::FROM_CLAUSE));
                        pending.extend(from.iter().flat_map(Tree::nodes).map(|it| (it, None)));
                    }
                    Some(_) => {}
                    None => pending.extend(item.nodes().map(|it| (it, of))),
                },
                K::PAREN_EXPR | K::JOIN_EXPR | K::JOIN => {
                    pending.extend(item.nodes().map(|it| (it, of)));
                }
                _ => {}
            }
        }
    }

    /// Whether an item of `FROM` has one of these names: its alias, or what it is where it has none.
    fn goes_by(&self, names: Option<&[String]>) -> bool {
        let Some(names) = names else {
            return true;
        };
        let alias = self
            .child(K::FROM_ALIAS)
            .and_then(|it| it.nodes().next())
            .map(|it| it.as_name().text);
        let name = alias.or_else(|| Some(self.object(K::RELATION_NAME_REF)?.name));
        name.is_some_and(|name| names.contains(&name))
    }
}
