//! stub
impl super::Catalog {
    /// stub
    pub fn apply(&mut self, _s: &crate::ast::Statement) {}
}
