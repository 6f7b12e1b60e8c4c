//! The connection service file: `pg_service.conf`.
//!
//! Reads through [`Environment`] only; called by `config` when a service is named. The places and
//! the grammar are libpq's (18, "The Connection Service File"): the user's file first, then the
//! system's; `[name]` opens a section of `option=value` lines.

use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::options;
use crate::error::{Error, io_text};

/// Where libpq's builders put the system's file: Debian, Red Hat, the sources.
const SYSTEM_DIRECTORIES: [&str; 3] = ["/etc/postgresql-common", "/etc", "/usr/local/pgsql/etc"];

type Pairs = Vec<(String, String)>;

/// The options of service `name`; `file` is `servicefile` or PGSERVICEFILE.
pub(super) fn load(
    name: &str,
    file: Option<&str>,
    environment: &dyn Environment,
) -> Result<Pairs, Error> {
    let mut searched = Vec::new();
    for (path, must_exist) in candidates(file, environment) {
        let text = match environment.read(&path) {
            Ok(text) => text,
            Err(error) if !must_exist && error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(unreadable(&path, &error)),
        };
        if let Some(pairs) = section(&text, name, &path)? {
            return Ok(pairs);
        }
        searched.push(format!("`{}`", path.display()));
    }
    let searched = if searched.is_empty() {
        "no file".to_owned()
    } else {
        searched.join(", ")
    };
    Err(Error::configuration(format!(
        "service `{name}` is not defined: searched {searched}"
    ))
    .with_hint("services are defined in ~/.pg_service.conf, or in the file PGSERVICEFILE names"))
}

fn candidates(file: Option<&str>, environment: &dyn Environment) -> Vec<(PathBuf, bool)> {
    let mut candidates = Vec::new();
    match file.filter(|file| !file.is_empty()) {
        Some(file) => candidates.push((PathBuf::from(file), true)),
        None => {
            candidates.extend(
                environment
                    .home()
                    .map(|home| (home.join(".pg_service.conf"), false)),
            );
        }
    }
    let directories = match environment.variable("PGSYSCONFDIR") {
        Some(directory) => vec![PathBuf::from(directory)],
        None => SYSTEM_DIRECTORIES.map(PathBuf::from).to_vec(),
    };
    candidates.extend(
        directories
            .iter()
            .map(|dir| (dir.join("pg_service.conf"), false)),
    );
    candidates
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    let reason = io_text(error);
    Error::configuration(format!(
        "cannot read service file `{}`: {reason}",
        path.display()
    ))
}

/// The options of section `[name]`, or `None` if the text has no such section.
fn section(text: &str, name: &str, path: &Path) -> Result<Option<Pairs>, Error> {
    let mut found: Option<Pairs> = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(header) = line.strip_prefix('[') {
            if found.is_some() {
                break;
            }
            if header
                .split_once(']')
                .is_some_and(|(section, _)| section == name)
            {
                found = Some(Vec::new());
            }
        } else if let Some(pairs) = &mut found {
            let place = format!("service file `{}`, line {}", path.display(), index + 1);
            pairs.push(setting(line).map_err(|error| error.within(place))?);
        }
    }
    Ok(found)
}

fn setting(line: &str) -> Result<(String, String), Error> {
    if line.starts_with("ldap") {
        return Err(Error::configuration(
            "looking up services by LDAP is not supported",
        ));
    }
    let (option, value) = line
        .split_once('=')
        .ok_or_else(|| Error::configuration("expected `option=value`, found no `=`"))?;
    if matches!(option, "service" | "servicefile") {
        return Err(Error::configuration(format!(
            "`{option}` cannot be set in a service file"
        )));
    }
    options::find(option)?;
    Ok((option.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::environment::fake::Fake;
    use super::*;

    const TEXT: &str = "\
# services
[other]
host=no

[music]
host = spaces matter
[music]
port=1
";
    const GOOD: &str = "[a]\nhost=h\n  # c\n  dbname=d e  \n\n[b]\nport=1\n";

    fn load_from(text: &str, name: &str) -> Result<Pairs, Error> {
        let fake = Fake::default().file("/home/rider/.pg_service.conf", 0o644, text);
        load(name, None, &fake)
    }

    #[test]
    fn the_users_file_comes_before_the_systems() {
        let expected = vec![
            ("host".to_owned(), "h".to_owned()),
            ("dbname".into(), "d e".into()),
        ];
        assert_eq!(load_from(GOOD, "a").unwrap(), expected);
        let fake = Fake::with_variables(&[("PGSYSCONFDIR", "/sys")])
            .file("/sys/pg_service.conf", 0o644, "[a]\nport=2\n[c]\nport=3\n")
            .file("/home/rider/.pg_service.conf", 0o644, GOOD);
        assert_eq!(load("a", None, &fake).unwrap(), expected);
        assert_eq!(
            load("c", None, &fake).unwrap(),
            [("port".to_owned(), "3".to_owned())]
        );
        let named = load("a", Some("/sys/pg_service.conf"), &fake).unwrap();
        assert_eq!(named, [("port".to_owned(), "2".to_owned())]);
    }

    #[test]
    fn faults_name_the_file_and_the_line() {
        let message = |text, name| load_from(text, name).unwrap_err().message().to_owned();
        assert!(message(TEXT, "music").contains("line 6: unknown connection option `host `"));
        assert!(message("[a]\nhost\n", "a").contains("line 2: expected `option=value`"));
        assert!(message("[a]\nservice=b\n", "a").contains("cannot be set"));
        assert!(message(GOOD, "none").contains("searched `/home/rider/.pg_service.conf`"));
        let missing = load("a", Some("/none"), &Fake::default()).unwrap_err();
        assert!(
            missing
                .message()
                .contains("cannot read service file `/none`")
        );
    }
}
