//! What the user allows of authentication: `require_auth` and `channel_binding`. No IO.

use std::fmt;
use std::str::FromStr;

/// An authentication method, named as libpq's `require_auth` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// The server asks for nothing.
    None,
    /// The password itself.
    Password,
    /// A salted MD5 hash of it.
    Md5,
    /// SCRAM-SHA-256 or SCRAM-SHA-256-PLUS.
    ScramSha256,
    /// Kerberos by GSSAPI.
    Gss,
    /// Windows' SSPI.
    Sspi,
    /// A bearer token.
    OAuth,
    /// Any other code of the Authentication message.
    Unknown(u32),
}

const REQUIRABLE: [(&str, Method); 7] = [
    ("password", Method::Password),
    ("md5", Method::Md5),
    ("gss", Method::Gss),
    ("sspi", Method::Sspi),
    ("scram-sha-256", Method::ScramSha256),
    ("oauth", Method::OAuth),
    ("none", Method::None),
];

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Unknown(code) = self {
            return write!(f, "code {code}");
        }
        let named = REQUIRABLE.iter().find(|(_, method)| method == self);
        f.write_str(named.map_or("unknown", |(name, _)| name))
    }
}

/// The methods that the user accepts: libpq's `require_auth`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum RequireAuth {
    /// No restriction.
    #[default]
    Any,
    /// Only these.
    Only(Vec<Method>),
    /// All but these.
    AllBut(Vec<Method>),
}

impl RequireAuth {
    /// Whether a server that asks for `method` may have it.
    #[must_use]
    pub fn allows(&self, method: Method) -> bool {
        match self {
            Self::Any => true,
            Self::Only(methods) => methods.contains(&method),
            Self::AllBut(methods) => !methods.contains(&method),
        }
    }

    /// Whether the server must see a proof through before it lets the client in.
    #[must_use]
    pub fn demands_proof(&self) -> bool {
        !self.allows(Method::None)
    }
}

impl FromStr for RequireAuth {
    type Err = String;

    /// Reads `scram-sha-256,md5` or `!password,!none`; the two forms do not mix.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self::Any);
        }
        let negated = text.starts_with('!');
        let mut methods = Vec::new();
        for part in text.split(',') {
            let part = part.trim();
            let name = part.strip_prefix('!').unwrap_or(part);
            if part.starts_with('!') != negated {
                return Err("methods with and without `!` cannot be mixed".to_owned());
            }
            let (_, method) = REQUIRABLE
                .into_iter()
                .find(|(known, _)| *known == name)
                .ok_or_else(|| format!("`{name}` is not an authentication method"))?;
            if methods.contains(&method) {
                return Err(format!("`{name}` is given twice"));
            }
            methods.push(method);
        }
        Ok(if negated {
            Self::AllBut(methods)
        } else {
            Self::Only(methods)
        })
    }
}

/// libpq's `channel_binding`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChannelBinding {
    /// Never.
    Disable,
    /// Where TLS and the server allow it.
    #[default]
    Prefer,
    /// Nothing else is accepted.
    Require,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lists_and_negated_lists() {
        let only: RequireAuth = "scram-sha-256,md5".parse().unwrap();
        assert!(only.allows(Method::Md5) && !only.allows(Method::Password));
        assert!(only.demands_proof());
        let but: RequireAuth = "!password,!md5".parse().unwrap();
        assert!(but.allows(Method::None) && !but.allows(Method::Password));
        assert!(!but.demands_proof());
    }

    #[test]
    fn refuses_mixtures_unknown_names_and_repetitions() {
        for text in ["md5,!password", "!md5,password", "rot13", "md5,md5", "md5,"] {
            assert!(text.parse::<RequireAuth>().is_err(), "{text}");
        }
    }
}
