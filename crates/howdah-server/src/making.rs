//! What can be chosen only when a cluster is made.
//!
//! No IO. Invariant: a choice that an existing cluster does not match is an error, never ignored.

use std::path::{Component, Path};

use crate::cluster::{Authentication, Cluster, Record};
use crate::error::{Error, Kind, Result};
use crate::password::Password;
use crate::status::stored_password;

/// The superuser of a cluster whose maker names none.
pub const DEFAULT_USER: &str = "howdah";
/// `NAMEDATALEN` is 64 and counts the final NUL.
const LONGEST_NAME: usize = 63;

/// Choices for a new cluster; what is left out gets a default.
#[derive(Debug, Clone, Default)]
pub struct Making {
    /// The superuser's name, [`DEFAULT_USER`] by default.
    pub user: Option<String>,
    /// The database that the URL names, by default called like the user.
    pub database: Option<String>,
    /// The superuser's password, random by default.
    pub password: Option<Password>,
    /// How clients prove who they are, SCRAM by default.
    pub authentication: Option<Authentication>,
    /// Lines that go before the generated ones in `pg_hba.conf`.
    pub hba: String,
    /// Files to put into the data directory by plain name, such as certificates: the server's
    /// account will own them, with mode 0600.
    pub files: Vec<(String, Vec<u8>)>,
}

impl Making {
    pub(crate) fn check(&self) -> Result<()> {
        for name in [&self.user, &self.database].into_iter().flatten() {
            if name.is_empty() || name.len() > LONGEST_NAME || name.contains(char::is_control) {
                let message = format!("{name:?} cannot be the name of a user or database");
                return Err(Error::new(Kind::Misuse, message)
                    .with_hint(format!("expected 1 to {LONGEST_NAME} bytes on one line")));
            }
        }
        if self.user.as_ref().is_some_and(|user| user.contains('"')) {
            // initdb (15 at least) puts the name between double quotes as it is
            let message = "a superuser's name must not hold a double quote";
            return Err(Error::new(Kind::Misuse, message));
        }
        for (name, _) in &self.files {
            let mut parts = Path::new(name).components();
            let plain = matches!(
                (parts.next(), parts.next()),
                (Some(Component::Normal(_)), None)
            );
            if !plain {
                let message = format!("{name:?} is not the plain name of a file");
                return Err(Error::new(Kind::Misuse, message));
            }
        }
        Ok(())
    }

    pub(crate) fn record(&self) -> Record {
        let user = self.user.clone().unwrap_or_else(|| DEFAULT_USER.to_owned());
        let database = self.database.clone().unwrap_or_else(|| user.clone());
        let authentication = self.authentication.unwrap_or(Authentication::ScramSha256);
        Record::new(user, database, authentication)
    }

    /// # Errors
    /// [`Kind::Misuse`] if the cluster was made with other choices than these.
    pub(crate) fn agree(&self, cluster: &Cluster, record: &Record) -> Result<()> {
        let home = cluster.home().display();
        let differs = |what: &str, made: &str, wanted: &str| {
            let message =
                format!("the cluster in `{home}` was made with {what} `{made}`, not `{wanted}`");
            Err(Error::new(Kind::Misuse, message)
                .with_hint("leave the option out, or give another directory"))
        };
        if let Some(user) = self.user.as_ref().filter(|user| **user != record.user) {
            return differs("user", &record.user, user);
        }
        if let Some(name) = self
            .database
            .as_ref()
            .filter(|name| **name != record.database)
        {
            return differs("database", &record.database, name);
        }
        let made = record.authentication;
        if let Some(wanted) = self.authentication.filter(|wanted| *wanted != made) {
            return differs("authentication", made.name(), wanted.name());
        }
        if self.password.is_some() && self.password != Some(stored_password(cluster)?) {
            let message = format!("the cluster in `{home}` was made with another password");
            return Err(Error::new(Kind::Misuse, message)
                .with_hint("leave the password out: it is kept with the cluster"));
        }
        if !self.hba.is_empty() || !self.files.is_empty() {
            let message = format!("the cluster in `{home}` exists already");
            return Err(Error::new(Kind::Misuse, message).with_hint(
                "`hba` and `files` are for new clusters: change the files in `pgdata`",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_is_called_like_the_user_by_default() {
        let record = Making {
            user: Some("amy".to_owned()),
            ..Making::default()
        }
        .record();
        assert_eq!(
            (record.user.as_str(), record.database.as_str()),
            ("amy", "amy")
        );
    }

    #[test]
    fn names_and_files_that_would_escape_are_refused() {
        for name in ["", "a\nb", &"x".repeat(64)] {
            let making = Making {
                database: Some(name.to_owned()),
                ..Making::default()
            };
            assert_eq!(making.check().unwrap_err().kind(), Kind::Misuse, "{name:?}");
        }
        let making = Making {
            user: Some("a\"b".to_owned()),
            ..Making::default()
        };
        assert_eq!(making.check().unwrap_err().kind(), Kind::Misuse);
        for name in ["../x", "/etc/x", "a/b", "", ".."] {
            let files = vec![(name.to_owned(), Vec::new())];
            let making = Making {
                files,
                ..Making::default()
            };
            assert_eq!(making.check().unwrap_err().kind(), Kind::Misuse, "{name:?}");
        }
    }

    #[test]
    fn another_user_than_the_clusters_is_a_misuse() {
        let cluster = Cluster::in_directory(Path::new("/nowhere")).unwrap();
        let record = Making::default().record();
        Making::default().agree(&cluster, &record).unwrap();
        let other = Making {
            user: Some("amy".to_owned()),
            ..Making::default()
        };
        let error = other.agree(&cluster, &record).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the cluster in `/nowhere` was made with user `howdah`, not `amy`"
        );
    }
}
