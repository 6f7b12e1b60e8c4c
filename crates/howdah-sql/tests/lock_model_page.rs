//! `docs/lock-model.md` is the table of the lock model.

#[test]
fn the_page_is_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/lock-model.md");
    let page = std::fs::read_to_string(path).expect("docs/lock-model.md is there");
    assert!(
        page == howdah_sql::locks::document(),
        "docs/lock-model.md is stale: write it with `howdah locks --table`"
    );
}
