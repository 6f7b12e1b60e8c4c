//! The choice of a SASL mechanism and of SCRAM's channel binding flag. No IO.
//!
//! The choice is libpq's (version 18, `pg_SASL_init`), so that a server configured for libpq sees
//! nothing new. Invariant: with `channel_binding=require` no other mechanism than
//! SCRAM-SHA-256-PLUS comes out.

use super::{AuthError, ChannelBinding};

/// What TLS offers to channel binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsChannel {
    /// The hash of the server's certificate (RFC 5929, `tls-server-end-point`), or `None` where
    /// the certificate's signature algorithm defines none.
    pub server_end_point: Option<Vec<u8>>,
}

/// SCRAM's `gs2-cbind-flag` with its data: which of the two mechanisms, and what it says about TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mechanism {
    /// SCRAM-SHA-256, flag `n`: the client does not bind.
    Plain,
    /// SCRAM-SHA-256, flag `y`: the client would bind, and believes that the server does not.
    PlainServerUnable,
    /// SCRAM-SHA-256-PLUS, flag `p`, with the data to bind to.
    Plus(Vec<u8>),
}

impl Mechanism {
    /// The name for SASLInitialResponse.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Plain | Self::PlainServerUnable => "SCRAM-SHA-256",
            Self::Plus(_) => "SCRAM-SHA-256-PLUS",
        }
    }
}

/// Chooses among the mechanisms that the server `offered`.
///
/// # Errors
/// If nothing offered is supported, if a binding is required and not to be had, or if the server
/// offers binding to a channel that it knows not to be there.
pub fn choose<'a>(
    offered: impl Iterator<Item = &'a str>,
    tls: Option<&TlsChannel>,
    binding: ChannelBinding,
) -> Result<Mechanism, AuthError> {
    let offered: Vec<&str> = offered.collect();
    let plus = offered.contains(&"SCRAM-SHA-256-PLUS");
    let plain = offered.contains(&"SCRAM-SHA-256");
    if plus && tls.is_none() {
        return Err(AuthError::OutOfOrder(
            "SCRAM-SHA-256-PLUS offered without TLS",
        ));
    }
    if !plus && !plain {
        return Err(AuthError::NoMechanism(offered.join(" ")));
    }
    match (tls, binding) {
        (Some(tls), ChannelBinding::Prefer | ChannelBinding::Require) if plus => {
            bind(tls, binding, plain)
        }
        (None, ChannelBinding::Require) => Err(AuthError::NoChannelBinding(
            "the connection does not use TLS",
        )),
        (_, ChannelBinding::Require) => Err(AuthError::NoChannelBinding(
            "the server does not offer SCRAM-SHA-256-PLUS",
        )),
        _ if !plain => Err(AuthError::NoMechanism(offered.join(" "))),
        (Some(_), ChannelBinding::Prefer) => Ok(Mechanism::PlainServerUnable),
        _ => Ok(Mechanism::Plain),
    }
}

/// Binds to the channel, or does without where its certificate has no hash (an Ed25519 one) and
/// the user insists on nothing. Flag `n` is then the truth: this client cannot bind.
fn bind(tls: &TlsChannel, binding: ChannelBinding, plain: bool) -> Result<Mechanism, AuthError> {
    match &tls.server_end_point {
        Some(hash) => Ok(Mechanism::Plus(hash.clone())),
        None if plain && binding == ChannelBinding::Prefer => Ok(Mechanism::Plain),
        None => Err(AuthError::NoChannelBinding(
            "the server's certificate has a signature algorithm without a channel binding hash",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [&str; 2] = ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"];

    fn tls() -> TlsChannel {
        TlsChannel {
            server_end_point: Some(vec![7; 32]),
        }
    }

    fn chosen(
        offered: &[&str],
        tls: Option<&TlsChannel>,
        binding: ChannelBinding,
    ) -> Result<Mechanism, AuthError> {
        choose(offered.iter().copied(), tls, binding)
    }

    #[test]
    fn flags_follow_libpq() {
        use ChannelBinding::{Disable, Prefer, Require};
        let tls = tls();
        let plus = Mechanism::Plus(vec![7; 32]);
        assert_eq!(chosen(&BOTH, Some(&tls), Prefer), Ok(plus.clone()));
        assert_eq!(chosen(&BOTH, Some(&tls), Require), Ok(plus));
        assert_eq!(chosen(&BOTH, Some(&tls), Disable), Ok(Mechanism::Plain));
        assert_eq!(
            chosen(&BOTH[1..], Some(&tls), Prefer),
            Ok(Mechanism::PlainServerUnable)
        );
        assert_eq!(chosen(&BOTH[1..], None, Prefer), Ok(Mechanism::Plain));
    }

    #[test]
    fn require_accepts_nothing_less() {
        let require = ChannelBinding::Require;
        for tls in [
            Some(tls()),
            None,
            Some(TlsChannel {
                server_end_point: None,
            }),
        ] {
            let refused = chosen(&BOTH[1..], tls.as_ref(), require);
            assert!(
                matches!(refused, Err(AuthError::NoChannelBinding(_))),
                "{refused:?}"
            );
        }
        let unhashed = TlsChannel {
            server_end_point: None,
        };
        assert!(chosen(&BOTH, Some(&unhashed), require).is_err());
        assert_eq!(
            chosen(&BOTH, Some(&unhashed), ChannelBinding::Prefer),
            Ok(Mechanism::Plain)
        );
    }

    #[test]
    fn an_offer_of_binding_without_tls_is_refused() {
        assert!(chosen(&BOTH, None, ChannelBinding::Prefer).is_err());
        assert!(chosen(&["OAUTHBEARER"], None, ChannelBinding::Prefer).is_err());
    }
}
