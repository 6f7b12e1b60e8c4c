//! How a client proves who it is: the methods, what the user allows of them, and their sums.
//!
//! No IO and no randomness: nonces are arguments. The handshake calls this module when the server
//! asks for a proof. Invariant: nothing here sends a password, or a proof made from it, by a method
//! that [`RequireAuth`] or [`ChannelBinding`] forbids.

pub mod md5;
mod policy;
mod sasl;
pub mod scram;

pub use policy::{ChannelBinding, Method, RequireAuth};
pub use sasl::{Mechanism, TlsChannel, choose};

/// Why authentication ended without a session, when it was not the server's refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// The server asked for a password and none is configured.
    #[error("the server asks for a password (method `{method}`), and none was given")]
    NoPassword {
        /// The method asked for.
        method: Method,
    },
    /// The server's method is not one that `require_auth` allows.
    #[error("the server asks for authentication method `{method}`, which `require_auth` forbids")]
    Forbidden {
        /// The method asked for.
        method: Method,
    },
    /// The server let the client in before the method that was required had finished.
    #[error("the server did not complete the authentication that `require_auth` demands")]
    Incomplete,
    /// The server let the client in before it proved that it knows the password.
    #[error("the server ended SCRAM without proving that it knows the password")]
    Unproven,
    /// `channel_binding=require`, and the server authenticates without it.
    #[error("channel binding is required, and {0}")]
    NoChannelBinding(&'static str),
    /// A method that howdah does not have.
    #[error("the server asks for authentication method `{0}`, which is not supported")]
    Unsupported(Method),
    /// No common SASL mechanism.
    #[error("none of the server's SASL mechanisms is supported: found `{0}`")]
    NoMechanism(String),
    /// The server broke SCRAM's rules.
    #[error("SCRAM: {0}")]
    Scram(#[from] scram::ScramError),
    /// The server's authentication message does not fit what was said before.
    #[error("unexpected authentication message: {0}")]
    OutOfOrder(&'static str),
}

impl AuthError {
    /// What the user can do about it, where something can be said.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoPassword { .. } => {
                Some("give `password`, set PGPASSWORD, or add a line to the passfile")
            }
            Self::Forbidden { .. } => Some("change `require_auth`, or the server's pg_hba.conf"),
            Self::NoChannelBinding(_) => {
                Some("channel binding needs TLS and scram-sha-256 on the server")
            }
            Self::Unsupported(_) | Self::NoMechanism(_) => {
                Some("use scram-sha-256 in the server's pg_hba.conf")
            }
            _ => None,
        }
    }
}
