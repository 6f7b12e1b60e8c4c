//! Lists of options, and the words that many statements share.

use squawk_parser::SyntaxKind as K;

use super::tree::Tree;
use crate::ast::{DropBehavior, Name, ObjectName, SequenceOption, Span, StorageOption};

impl Tree<'_> {
    /// `CASCADE`.
    pub(super) fn behavior(&self) -> DropBehavior {
        if self.has(K::CASCADE) {
            DropBehavior::Cascade
        } else {
            DropBehavior::Restrict
        }
    }

    /// All options in the lists below: `WITH (…)`, `(…)`, also those of `COPY` and `VACUUM`.
    pub(super) fn options(&self) -> Vec<StorageOption> {
        let lists = [
            (K::ATTRIBUTE_LIST, K::ATTRIBUTE_OPTION),
            (K::COPY_OPTION_LIST, K::COPY_OPTION),
            (K::VACUUM_OPTION_LIST, K::VACUUM_OPTION),
            (K::OPTION_ITEM_LIST, K::OPTION_ITEM),
            (K::EXPLAIN_OPTION_LIST, K::EXPLAIN_OPTION),
        ];
        let owner = self.child(K::WITH_PARAMS).unwrap_or(*self);
        for (list, option) in lists {
            if let Some(list) = owner.child(list) {
                return list.children(option).map(|it| it.option()).collect();
            }
        }
        let words = owner.children(K::COPY_LEGACY_OPTION);
        words.map(|word| word.word_option()).collect()
    }

    /// `name`, `name = value`, `namespace.name = value`, `name value`.
    fn option(&self) -> StorageOption {
        let mut parts = self.nodes();
        let mut name = parts.next().map(|part| part.words()).unwrap_or_default();
        let mut value = parts.next();
        if let Some(second) = value.take_if(|part| part.kind() == K::ATTRIBUTE_NAME) {
            name = format!("{name}.{}", second.words());
            value = parts.next();
        }
        StorageOption {
            span: self.span(),
            name: name.trim_matches('"').to_owned(),
            value: value.map(|value| value.value()),
        }
    }

    /// An option of the older syntax, without parentheses.
    fn word_option(&self) -> StorageOption {
        let first = self
            .tokens()
            .next()
            .map(|(_, text)| text.to_ascii_lowercase());
        StorageOption {
            span: self.span(),
            name: first.unwrap_or_default(),
            value: self.string(),
        }
    }

    /// A value as it was written; of a string constant what it holds.
    pub(super) fn value(&self) -> String {
        let literal = match self.kind() {
            K::LITERAL => Some(*self),
            _ => self.child(K::LITERAL),
        };
        let quoted = literal.filter(|literal| literal.text().contains(['\'', '$']));
        match quoted {
            Some(literal) => literal.as_string(),
            None => self.text().trim_matches('"').to_owned(),
        }
    }

    /// Options of a sequence, in parentheses or not.
    pub(super) fn sequence_options(&self) -> Vec<SequenceOption> {
        let list = self.child(K::SEQUENCE_OPTION_LIST);
        let list = list.unwrap_or(*self);
        list.nodes()
            .filter_map(|node| node.sequence_option())
            .collect()
    }

    /// The option that this node is, also behind `SET`.
    pub(super) fn sequence_option(&self) -> Option<SequenceOption> {
        let number = || self.expr_integer();
        Some(match self.kind() {
            K::SET_SEQUENCE_OPTION => return self.nodes().next()?.sequence_option(),
            K::OPTION_AS_TYPE => SequenceOption::Type(self.type_name()?),
            K::OPTION_INCREMENT => SequenceOption::Increment(number()?),
            K::OPTION_START => SequenceOption::Start(number()?),
            K::OPTION_RESTART | K::RESTART => SequenceOption::Restart(number()),
            K::OPTION_MIN_VALUE => SequenceOption::MinValue(Some(number()?)),
            K::OPTION_NO_MIN_VALUE => SequenceOption::MinValue(None),
            K::OPTION_MAX_VALUE => SequenceOption::MaxValue(Some(number()?)),
            K::OPTION_NO_MAX_VALUE => SequenceOption::MaxValue(None),
            K::OPTION_CACHE => SequenceOption::Cache(number()?),
            K::OPTION_CYCLE => SequenceOption::Cycle(true),
            K::OPTION_NO_CYCLE => SequenceOption::Cycle(false),
            K::OPTION_OWNED_BY => SequenceOption::OwnedBy(self.owner_column()),
            K::OPTION_SEQUENCE_NAME => SequenceOption::Name(self.object(K::SEQUENCE)?),
            K::OPTION_LOGGED => SequenceOption::Logged(true),
            K::OPTION_UNLOGGED => SequenceOption::Logged(false),
            _ => return None,
        })
    }

    /// The integer that the first expression among the children is.
    pub(super) fn expr_integer(&self) -> Option<i64> {
        self.nodes().find(Tree::is_expr)?.as_integer()
    }

    fn owner_column(&self) -> Option<(ObjectName, Name)> {
        Some(self.child(K::QUALIFIED_COLUMN_NAME_REF)?.as_column())
    }

    /// `s.t.c`: the table, and the column.
    pub(super) fn as_column(&self) -> (ObjectName, Name) {
        let mut path = self.as_path();
        let column = path.pop().unwrap_or_default();
        let table = path.pop().unwrap_or_default();
        let name = ObjectName {
            schema: path.pop().map(|schema| schema.text),
            name: table.text,
            span: Span {
                start: self.span().start,
                end: table.span.end,
            },
        };
        (name, column)
    }

    /// The roles that this node, or the list in it, names.
    pub(super) fn roles(&self) -> Vec<Name> {
        let list = self.child(K::ROLE_REF_LIST).unwrap_or(*self);
        list.names(K::ROLE_REF)
    }
}
