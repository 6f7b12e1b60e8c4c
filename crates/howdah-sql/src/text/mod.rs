//! Texts before any grammar: positions, identifiers, tokens, and where statements end.
//!
//! No IO. Used by [`crate::parse`], by the migrations' runner and by whoever shows a place in a
//! file. Every span is a range of bytes of the text given, on boundaries of characters.

mod identifier;
mod mask;
mod position;
mod scan;
mod sections;
mod span;
mod split;

pub use identifier::{fold_identifier, quote_identifier, unquote_identifier};
pub(crate) use identifier::{unescape_unicode, unquote_unicode_identifier};
pub(crate) use mask::{mask_commands, mask_variables};
pub use position::{Lines, Position};
pub(crate) use scan::is_open_comment;
pub use scan::{Token, TokenKind, tokens};
pub use sections::is_howdahs;
pub use sections::{Section, made_for, sections};
pub use span::Span;
pub use split::{Piece, Pieces, pieces, split};
