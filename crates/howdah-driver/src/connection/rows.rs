//! Rows of text: what a [`Connection`](crate::Connection) answers. No IO.

use std::sync::Arc;

use howdah_wire::backend::{DataRow, Message};

use crate::error::{Error, Kind};

/// One statement's answer.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    columns: Arc<[String]>,
    list: Vec<Row>,
    tag: String,
    affected: Option<u64>,
}

/// One row; NULL is `None`.
#[derive(Debug, Clone)]
pub struct Row {
    columns: Arc<[String]>,
    values: Vec<Option<String>>,
}

impl Rows {
    /// The names of the columns; empty if the statement returns no rows.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The command tag, such as `INSERT 0 3`.
    #[must_use]
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// How many rows were affected or returned, if the tag says so.
    #[must_use]
    pub fn affected(&self) -> Option<u64> {
        self.affected
    }

    /// The first value of the first row.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.list.first().and_then(|row| row.get(0))
    }

    /// The rows in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Row> {
        self.list.iter()
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl<'a> IntoIterator for &'a Rows {
    type Item = &'a Row;
    type IntoIter = std::slice::Iter<'a, Row>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Row {
    /// The value at `index`, from 0; `None` is NULL, or no such column.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&str> {
        self.values.get(index)?.as_deref()
    }

    /// The value of the first column called `name`; `None` is NULL, or no such column.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&str> {
        self.get(self.columns.iter().position(|column| column == name)?)
    }
}

/// Builds the last statement's [`Rows`] out of messages.
#[derive(Default)]
pub(super) struct Collector {
    done: Rows,
    current: Rows,
}

impl Collector {
    pub(super) fn take(&mut self, message: &Message<'_>) -> Result<(), Error> {
        match message {
            Message::RowDescription(description) => {
                let names = description.fields().map(|field| lossy(field.name));
                self.current.columns = names.collect();
            }
            Message::DataRow(row) => {
                let values = values(row)?;
                self.current.list.push(Row {
                    columns: self.current.columns.clone(),
                    values,
                });
            }
            Message::CommandComplete(tag) => {
                self.done = std::mem::take(&mut self.current);
                tag.as_str().clone_into(&mut self.done.tag);
                self.done.affected = tag.rows();
            }
            Message::EmptyQueryResponse => self.done = std::mem::take(&mut self.current),
            Message::CopyOutResponse(_) => {
                return Err(Error::new(
                    Kind::Misuse,
                    "COPY … TO STDOUT needs `copy_out`",
                ));
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Rows {
        self.done
    }
}

fn values(row: &DataRow<'_>) -> Result<Vec<Option<String>>, Error> {
    let mut reader = row.values();
    let mut values = Vec::with_capacity(row.columns());
    for index in 0..row.columns() {
        let text = reader
            .value()?
            .map(|bytes| String::from_utf8(bytes.to_vec()))
            .transpose();
        values.push(text.map_err(|_| {
            Error::protocol(format!("the value of column {} is not UTF-8", index + 1))
        })?);
    }
    reader.finish()?;
    Ok(values)
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
