//! What the documentation says of the keys, held against them.

use std::path::PathBuf;

use super::*;

/// A file at the project's root.
fn project_file(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(name);
    std::fs::read_to_string(path).unwrap()
}

/// What stands in back-ticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Rows of the tables in docs/configuration.md: name, kind, default.
fn documented() -> Vec<[String; 3]> {
    let text = project_file("docs/configuration.md");
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 4, "{row}");
        assert!(!cells[3].is_empty(), "{row}");
        [cells[0], cells[1], cells[2]].map(|cell| cell.replace('`', ""))
    })
    .collect()
}

#[test]
fn the_documentation_has_every_key_as_it_is() {
    let table: Vec<[String; 3]> = keys::KEYS
        .iter()
        .map(|key| {
            let name = key.alias.map_or(key.env.to_owned(), |alias| format!("{}, {alias}", key.env));
            let default = if key.default.is_empty() { "–" } else { key.default };
            [name, key.kind.describe(), default.to_owned()]
        })
        .collect();
    assert_eq!(documented(), table);
}

#[test]
fn the_readme_tells_keys_and_defaults_that_exist() {
    let readme = project_file("README.md");
    let section = readme.split("\n## ").find(|section| section.starts_with("Configuration\n")).unwrap();
    let rows: Vec<&str> = section.lines().filter(|line| line.starts_with("| `")).collect();
    assert!(rows.len() >= 5, "{rows:?}");
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        let known =
            |name: &&str| *keys::KEYS.iter().find(|key| key.env == *name).unwrap_or_else(|| panic!("{name}"));
        let keys: Vec<&Key> = quoted(cells[0]).iter().map(known).collect();
        for default in quoted(cells[1]) {
            assert!(keys.iter().any(|key| key.default == default), "{default} in {row}");
        }
    }
}
