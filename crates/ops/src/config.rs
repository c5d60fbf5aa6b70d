//! The Worker's configuration, read and checked once: what is wrong is named by its variable and nothing is guessed.

use crate::{console::Console, policy::Policy};
use acs_sign::{AccessKey, Credentials, Scheme, SecurityToken, SigningKey};
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};
use chat::{Command, Language, Platform, Reach, Secret};

/// A configuration that can be worked with.
#[derive(Debug)]
pub struct Config {
    /// What calls are signed with, and by which scheme.
    pub key: SigningKey,
    /// Who may do what.
    pub policy: Policy,
    /// The region where none is typed.
    pub default_region: Option<&'static str>,
    /// What people are answered in whose platform does not tell their language.
    pub default_language: Language,
    /// Base address in place of the regional endpoints, `http://127.0.0.1:8788`.
    pub endpoint: Option<String>,
    /// Hosts a follow-up may go to beside the platforms' own.
    pub follow_up_hosts: Vec<String>,
    /// How many calls of one operation may begin in a minute.
    pub calls_per_minute: u32,
    /// How many days the audit and what has come to its end are kept.
    pub retention_days: u32,
    /// A loopback address that follow-ups go to in place of the platforms' own hosts, for local work.
    pub follow_up_endpoint: Option<String>,
    /// Who may see what has happened; `None`: nobody.
    pub console: Option<Console>,
    platforms: Vec<(Platform, Vec<Secret>)>,
    credentials: Vec<(Platform, Secret)>,
}

/// As the vendor documents for the operation the product was made for: ten a minute, an account.
const CALLS_PER_MINUTE: u32 = 10;
const MOST_CALLS_PER_MINUTE: u32 = 100_000;
const RETENTION_DAYS: u32 = 365;
/// A delivery that comes again must be recognised: Standard Webhooks deliver for up to 28 hours.
const LEAST_RETENTION_DAYS: u32 = 2;
const MOST_RETENTION_DAYS: u32 = 36_500;
/// Shorter tokens can be guessed.
const LEAST_TOKEN_BYTES: usize = 16;

/// One thing wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The variable to change.
    pub variable: &'static str,
    /// What is wrong with it; never its value where that is a secret.
    pub problem: String,
}

impl Config {
    /// Reads the variables through `lookup`; a variable that is empty counts as absent.
    ///
    /// # Errors
    /// Every problem found.
    pub fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let get = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
        let mut complain = |variable, problem: String| problems.push(Problem { variable, problem });

        let mut required = |variable: &'static str| {
            let value = get(variable);
            if value.is_none() {
                complain(
                    variable,
                    format!("is missing; set it with `wrangler secret put {variable}`, for local work in .dev.vars"),
                );
            }
            value
        };
        let id = required("ALIBABA_CLOUD_ACCESS_KEY_ID");
        let secret = required("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
        let key = id.zip(secret).and_then(|(id, secret)| match AccessKey::new(id, secret) {
            Ok(key) => Some(key),
            Err(invalid) => {
                complain("ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET", invalid.to_string());
                None
            }
        });
        let token = get("ALIBABA_CLOUD_SECURITY_TOKEN").and_then(|token| match SecurityToken::new(token) {
            Ok(token) => Some(token),
            Err(invalid) => {
                complain("ALIBABA_CLOUD_SECURITY_TOKEN", invalid.to_string());
                None
            }
        });
        let scheme = match get("SIGNATURE_SCHEME").as_deref().unwrap_or("acs3").parse::<Scheme>() {
            Ok(scheme) => Some(scheme),
            Err(_) => {
                complain("SIGNATURE_SCHEME", "is neither `acs3` nor `rpc`".to_owned());
                None
            }
        };
        let key = key.zip(scheme).map(|(key, scheme)| SigningKey::new(scheme, &Credentials { key, token }));
        let policy = match get("POLICY").map(|json| Policy::parse(&json)) {
            Some(Ok(policy)) => Some(policy),
            Some(Err(found)) => {
                for problem in found {
                    complain("POLICY", problem);
                }
                None
            }
            None => {
                complain("POLICY", "is missing; nothing is allowed without a rule".to_owned());
                None
            }
        };
        let default_region = get("DEFAULT_REGION").and_then(|region| {
            let known = swas::ENDPOINTS.iter().find(|endpoint| endpoint.region == region);
            if known.is_none() {
                complain("DEFAULT_REGION", format!("is `{region}`, which is no region of the endpoint table"));
            }
            known.map(|endpoint| endpoint.region)
        });
        let default_language = match get("LANGUAGE") {
            None => Language::default(),
            Some(name) => {
                Language::ALL.into_iter().find(|language| language.name() == name.trim()).unwrap_or_else(|| {
                    complain("LANGUAGE", format!("is `{name}`, which is neither `en` nor `zh`"));
                    Language::default()
                })
            }
        };
        let endpoint = get("SWAS_ENDPOINT").and_then(|address| {
            let base = address.trim_end_matches('/');
            if endpoint_allowed(base) {
                return Some(base.to_owned());
            }
            let expected = "is not allowed: only a loopback address or https:// and a host of the endpoint table";
            complain("SWAS_ENDPOINT", expected.to_owned());
            None
        });
        let mut number = |variable, least, most, default| match get(variable) {
            None => default,
            Some(value) => match value.trim().parse::<u32>() {
                Ok(number) if (least..=most).contains(&number) => number,
                _ => {
                    complain(variable, format!("is `{value}`, expected a whole number from {least} to {most}"));
                    default
                }
            },
        };
        let calls_per_minute = number("CALLS_PER_MINUTE", 1, MOST_CALLS_PER_MINUTE, CALLS_PER_MINUTE);
        let retention_days = number("AUDIT_RETENTION_DAYS", LEAST_RETENTION_DAYS, MOST_RETENTION_DAYS, RETENTION_DAYS);
        let console = get("CONSOLE_TOKEN").map(|token| {
            if token.trim().len() < LEAST_TOKEN_BYTES {
                complain("CONSOLE_TOKEN", format!("is shorter than {LEAST_TOKEN_BYTES} characters"));
            }
            Console::new(&token)
        });
        let mut follow_up_hosts = Vec::new();
        for host in get("FOLLOW_UP_HOSTS").iter().flat_map(|hosts| hosts.split(',')).map(str::trim) {
            let well_formed = host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b));
            if well_formed && !host.is_empty() {
                follow_up_hosts.push(host.to_string());
            } else {
                complain("FOLLOW_UP_HOSTS", format!("`{host}` is not a host name, with or without a port"));
            }
        }
        let follow_up_endpoint = get("FOLLOW_UP_ENDPOINT").and_then(|address| {
            let base = address.trim_end_matches('/');
            if is_loopback(base) {
                return Some(base.to_owned());
            }
            complain("FOLLOW_UP_ENDPOINT", "is not allowed: only a loopback address".to_owned());
            None
        });
        let mut platforms = Vec::new();
        let mut credentials = Vec::new();
        for platform in Platform::ALL {
            let variable = platform.secret_variable();
            let Some(value) = get(variable) else { continue };
            let mut secrets = Secret::parse_list(*platform, &value).unwrap_or_else(|malformed| {
                complain(variable, malformed.to_string());
                Vec::new()
            });
            // Without any one of them nobody there could be heard, or answered.
            let mut beside = |variable: Option<&'static str>| {
                let value = variable.and_then(get);
                if let (Some(missing), None) = (variable, &value) {
                    complain(missing, format!("is missing; {platform} needs it beside {}", platform.secret_variable()));
                }
                variable.zip(value)
            };
            let credential = beside(platform.credential_variable());
            credentials.extend(credential.map(|(_, value)| (*platform, Secret::credential(&value))));
            if let Some((variable, value)) = beside(platform.token_variable()) {
                match Secret::parse_tokens(&value) {
                    Ok(tokens) => secrets.extend(tokens),
                    Err(malformed) => complain(variable, malformed.to_string()),
                }
            }
            platforms.push((*platform, secrets));
        }
        match (key, policy) {
            (Some(key), Some(policy)) if problems.is_empty() => Ok(Self {
                key,
                policy,
                default_region,
                default_language,
                endpoint,
                follow_up_hosts,
                calls_per_minute,
                retention_days,
                follow_up_endpoint,
                console,
                platforms,
                credentials,
            }),
            _ => Err(problems),
        }
    }

    /// The secrets a platform's deliveries may be signed with; `None`: the platform is not configured.
    #[must_use]
    pub fn secrets(&self, platform: Platform) -> Option<&[Secret]> {
        self.platforms.iter().find(|(configured, _)| *configured == platform).map(|(_, secrets)| secrets.as_slice())
    }

    /// What follow-ups of a platform may reach.
    #[must_use]
    pub fn reach(&self, platform: Platform) -> Reach<'_> {
        let credential = self.credentials.iter().find(|(configured, _)| *configured == platform);
        Reach {
            extra_hosts: &self.follow_up_hosts,
            endpoint: self.follow_up_endpoint.as_deref(),
            credential: credential.map(|(_, credential)| credential),
        }
    }

    /// What shows people whose resources a command acts on: the ends of the key id, `LTAI…wxyz`.
    #[must_use]
    pub fn account(&self) -> String {
        let id = self.key.access_key_id();
        let ends = id.get(..4).zip(id.len().checked_sub(4).and_then(|from| id.get(from..)));
        match ends {
            Some((first, last)) if id.len() > 8 => format!("{first}…{last}"),
            _ => id.to_owned(),
        }
    }

    /// What a command is answered in.
    #[must_use]
    pub fn language(&self, command: &Command) -> Language {
        command.language.unwrap_or(self.default_language)
    }

    /// The configured platforms.
    pub fn platforms(&self) -> impl Iterator<Item = Platform> {
        self.platforms.iter().map(|(platform, _)| *platform)
    }
}

/// Loopback over either scheme, or a vendor's host over HTTPS: a signed request must not go anywhere else.
fn endpoint_allowed(base: &str) -> bool {
    if let Some(host) = base.strip_prefix("https://")
        && swas::ENDPOINTS.iter().any(|endpoint| endpoint.host == host)
    {
        return true;
    }
    is_loopback(base)
}

fn is_loopback(base: &str) -> bool {
    let Some(authority) = base.strip_prefix("http://").or_else(|| base.strip_prefix("https://")) else {
        return false;
    };
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|host| match authority.strip_prefix(host) {
        Some("") => true,
        Some(rest) => rest.strip_prefix(':').is_some_and(|port| matches!(port.parse::<u16>(), Ok(1..))),
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, Vec<Problem>> {
        Config::read(&|name| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    const COMPLETE: [(&str, &str); 4] = [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "testid"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "testsecret"),
        ("POLICY", r#"{"allow": []}"#),
        ("SLACK_SIGNING_SECRET", "8f742231b10e8888abcd99yyyzzz85a5"),
    ];

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn a_complete_configuration_is_read() {
        let config = read(&COMPLETE).unwrap();
        assert_eq!(config.platforms().collect::<Vec<_>>(), [Platform::Slack]);
        assert!(config.secrets(Platform::Standard).is_none());
        assert_eq!(config.key.scheme(), Scheme::Acs3);
        assert!(!format!("{config:?}").contains("testsecret"));
        assert!(!format!("{config:?}").contains("8f742231"));
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn each_secret_a_platform_needs_must_be_there() {
        let feishu = |more: &[(&str, &str)]| {
            let one = [("FEISHU_ENCRYPT_KEY", "key one, key two")];
            read(&[&COMPLETE[..3], &one, more].concat())
        };
        let problems = |result: Result<Config, Vec<Problem>>| {
            let problems = result.unwrap_err();
            problems.into_iter().map(|p| format!("{} {}", p.variable, p.problem)).collect::<Vec<_>>()
        };
        assert_eq!(
            problems(feishu(&[])),
            [
                "FEISHU_APP_SECRET is missing; feishu needs it beside FEISHU_ENCRYPT_KEY",
                "FEISHU_VERIFICATION_TOKEN is missing; feishu needs it beside FEISHU_ENCRYPT_KEY",
            ]
        );
        let (app, token) = (("FEISHU_APP_SECRET", "s"), ("FEISHU_VERIFICATION_TOKEN", "a, b"));
        assert_eq!(
            problems(feishu(&[app, ("FEISHU_VERIFICATION_TOKEN", "a,")])),
            ["FEISHU_VERIFICATION_TOKEN secret 2 is empty"]
        );
        let config = feishu(&[app, token]).unwrap();
        assert_eq!(config.platforms().collect::<Vec<_>>(), [Platform::Feishu]);
        assert_eq!(config.secrets(Platform::Feishu).unwrap().len(), 4);
        // What belongs to a platform that is not configured says nothing.
        assert_eq!(
            read(&[&COMPLETE[..], &[app, token]].concat()).unwrap().platforms().collect::<Vec<_>>(),
            [Platform::Slack]
        );
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn each_problem_names_its_variable() {
        let problems = read(&[
            ("ALIBABA_CLOUD_ACCESS_KEY_ID", " "),
            ("SIGNATURE_SCHEME", "v4"),
            ("DEFAULT_REGION", "mars-1"),
            ("SWAS_ENDPOINT", "https://evil.example"),
            ("CALLS_PER_MINUTE", "many"),
            ("FOLLOW_UP_HOSTS", "ok.example,a/b"),
            ("STANDARD_WEBHOOKS_SECRET", "whsec_!"),
            ("POLICY", r#"{"allow": [7]}"#),
        ])
        .unwrap_err();
        let variables: Vec<_> = problems.iter().map(|p| p.variable).collect();
        assert_eq!(
            variables,
            [
                "ALIBABA_CLOUD_ACCESS_KEY_ID",
                "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
                "SIGNATURE_SCHEME",
                "POLICY",
                "DEFAULT_REGION",
                "SWAS_ENDPOINT",
                "CALLS_PER_MINUTE",
                "FOLLOW_UP_HOSTS",
                "STANDARD_WEBHOOKS_SECRET",
            ]
        );
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn a_signed_request_goes_to_the_vendor_or_to_this_machine_only() {
        for allowed in [
            "http://127.0.0.1:8788",
            "http://127.0.0.1",
            "http://localhost:1",
            "https://[::1]:8443",
            "https://swas.cn-hangzhou.aliyuncs.com",
        ] {
            assert!(endpoint_allowed(allowed), "{allowed}");
        }
        for refused in [
            "",
            "127.0.0.1",
            "ftp://127.0.0.1",
            "http://swas.cn-hangzhou.aliyuncs.com",
            "https://swas.cn-hangzhou.aliyuncs.com.evil.example",
            "https://swas.cn-hangzhou.aliyuncs.com:444",
            "http://127.0.0.1.evil.example",
            "http://127.0.0.1@evil.example",
            "http://127.0.0.1:80@evil.example",
            "http://127.0.0.1:0",
            "http://127.0.0.1/path",
            "http://localhost.evil.example",
            "http://10.0.0.1",
        ] {
            assert!(!endpoint_allowed(refused), "{refused}");
        }
    }
}
