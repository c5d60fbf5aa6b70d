use core::fmt;

use crate::{
    FollowUp, Inbound, Outgoing, Platform, Received, Refusal, Rendered, Reply, Secret, SecretProblem, Signed,
    Suggestion, Verification, Verified,
};

/// What a platform's module provides. The order of the calls is [`receive`](crate::receive)'s: nothing but the
/// [`handshake`](Adapter::handshake) sees bytes that have not been verified.
pub(crate) trait Adapter: Sync {
    fn name(&self) -> &'static str;
    fn secret_variable(&self) -> &'static str;
    fn strength(&self) -> Strength;
    fn acknowledge_within_ms(&self) -> u64;
    fn delivers_again(&self) -> bool;
    /// One secret as it stands in the configuration, trimmed and not empty.
    fn secret(&self, text: &str) -> Result<Secret, SecretProblem>;
    /// The answer to a request that the platform sends unsigned to check the address.
    fn handshake(&self, _inbound: &Inbound<'_>, _secrets: &[Secret]) -> Option<Rendered> {
        None
    }
    /// The variable of the tokens that its deliveries carry beside their signature, where they do.
    fn token_variable(&self) -> Option<&'static str> {
        None
    }
    fn verify<'a>(&self, inbound: &Inbound<'a>, secrets: &[Secret], now: i64) -> Result<Verification<'a>, Refusal>;
    fn parse(&self, verified: &Verified<Signed<'_>>, now: i64) -> Result<Received, Refusal>;
    /// The answer to what is genuine and cannot be read. It says that there is nothing to send again.
    fn unreadable(&self, _part: &'static str) -> Rendered {
        Rendered::empty()
    }
    /// The header that counts how often a delivery has been sent before, where there is one.
    fn repeat_header(&self) -> Option<&'static str> {
        None
    }
    fn render(&self, reply: &Reply) -> Rendered;
    /// Only where [`parse`](Adapter::parse) makes a [`Completion`](crate::Completion).
    fn suggest(&self, _suggestions: &[Suggestion]) -> Rendered {
        Rendered::empty()
    }
    /// Hosts of the platform itself that a follow-up may go to.
    fn follow_up_hosts(&self) -> &'static [&'static str];
    /// The variable of the credential that follow-ups need, where they need one.
    fn credential_variable(&self) -> Option<&'static str> {
        None
    }
    /// `credential` is there where [`credential_variable`](Adapter::credential_variable) is.
    fn follow_up(&self, to: &FollowUp, reply: &Reply, credential: Option<&Secret>) -> Outgoing;
}

/// The table of platforms. A row declares the module too: a row and a file are all that a further one needs.
macro_rules! platforms {
    ($($(#[$doc:meta])* $platform:ident => $module:ident::$adapter:ident,)+) => {
        $(mod $module;)+

        /// Where deliveries come from.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Platform {
            $($(#[$doc])* $platform,)+
        }

        impl Platform {
            /// Every platform.
            pub const ALL: &[Self] = &[$(Self::$platform),+];

            pub(crate) fn adapter(self) -> &'static dyn $crate::platform::Adapter {
                match self {
                    $(Self::$platform => &$module::$adapter,)+
                }
            }
        }
    };
}

impl Platform {
    /// The name in addresses and ids, `slack`.
    pub fn name(self) -> &'static str {
        self.adapter().name()
    }

    /// The platform of that [`name`](Self::name).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|platform| platform.name() == name)
    }

    /// The variable its secrets are configured in, `SLACK_SIGNING_SECRET`.
    pub fn secret_variable(self) -> &'static str {
        self.adapter().secret_variable()
    }

    /// The variable of the tokens its deliveries carry beside their signature, where they do; then it is needed too.
    pub fn token_variable(self) -> Option<&'static str> {
        self.adapter().token_variable()
    }

    /// The variable of the secret that its follow-ups need beside the delivery's address, where they need one.
    pub fn credential_variable(self) -> Option<&'static str> {
        self.adapter().credential_variable()
    }

    /// What its signature covers.
    pub fn strength(self) -> Strength {
        self.adapter().strength()
    }

    /// Milliseconds within which it must have its answer: its own deadline less a margin for the way.
    pub fn acknowledge_within_ms(self) -> u64 {
        self.adapter().acknowledge_within_ms()
    }

    /// The header in which it counts how often it has sent a delivery before, where it does. For the log: that nothing is done
    /// twice does not rest on it.
    pub fn repeat_header(self) -> Option<&'static str> {
        self.adapter().repeat_header()
    }

    /// Whether it sends a delivery again that was answered with a server error. Where it does not, an error is better told in
    /// an answer that people see.
    pub fn delivers_again(self) -> bool {
        self.adapter().delivers_again()
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a platform's signature covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// A static token: neither body nor time.
    Token,
    /// The time only.
    Time,
    /// The body only.
    Body,
    /// Body and time.
    Full,
}
