//! The vendor's refusals: status, code and text, as its common error pages and its gateway spell them.
//!
//! Sources: <https://help.aliyun.com/document_detail/60629.html> and the error tables of single products; where pages
//! disagree on a status, the one most products declare.

/// A refusal in the vendor's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into() }
    }

    /// A common parameter is absent.
    pub(crate) fn missing_parameter(name: &str) -> Self {
        Self::new(
            400,
            "MissingParameter",
            format!("The input parameter \"{name}\" that is mandatory for processing this request is not supplied."),
        )
    }

    /// A parameter of the operation is absent.
    pub(crate) fn mandatory(name: &str) -> Self {
        // The gateway builds the code from the name; with an index in it (`Tag.1.Key`) the code would be no code.
        if name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            Self::new(400, format!("Missing{name}"), format!("{name} is mandatory for this action."))
        } else {
            Self::missing_parameter(name)
        }
    }

    /// A parameter has a value the operation does not take.
    pub(crate) fn invalid_parameter(name: &str) -> Self {
        Self::new(400, "InvalidParameter", format!("The specified parameter \"{name}\" is not valid."))
    }

    pub(crate) fn unknown_key() -> Self {
        Self::new(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
    }

    pub(crate) fn time_malformed() -> Self {
        Self::new(400, "InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted.")
    }

    pub(crate) fn time_expired() -> Self {
        Self::new(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
    }

    pub(crate) fn nonce_used() -> Self {
        Self::new(400, "SignatureNonceUsed", "Specified signature nonce was used already.")
    }

    pub(crate) fn signature_method() -> Self {
        Self::new(400, "InvalidSignatureMethod", "Specified signature method is not valid.")
    }

    pub(crate) fn signature_incomplete() -> Self {
        Self::new(400, "IncompleteSignature", "The request signature does not conform to Aliyun standards.")
    }

    /// The RPC gateway echoes its own string to sign, which the SDKs compare with theirs.
    pub(crate) fn rpc_signature(string_to_sign: &str) -> Self {
        Self::new(
            400,
            "SignatureDoesNotMatch",
            format!(
                "Specified signature is not matched with our calculation. server string to sign is:{string_to_sign}"
            ),
        )
    }

    pub(crate) fn acs3_signature(string_to_sign: &str) -> Self {
        Self::new(
            400,
            "SignatureDoesNotMatch",
            format!("Specified signature does not match our calculation. server StringToSign is [{string_to_sign}]"),
        )
    }

    pub(crate) fn acs3_body() -> Self {
        Self::new(400, "SignatureDoesNotMatch", "Specified signature does not match our calculation.")
    }

    /// Bytes that decode to no text; the vendor documents the code, not what it is for.
    pub(crate) fn parameter_format() -> Self {
        Self::new(400, "InvalidParameter.Format", "Specified parameter format is not valid.")
    }

    pub(crate) fn token_malformed() -> Self {
        Self::new(400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.")
    }

    pub(crate) fn token_mismatch() -> Self {
        Self::new(
            400,
            "InvalidSecurityToken.MismatchWithAccessKey",
            "Specified SecurityToken mismatch with the AccessKey.",
        )
    }

    pub(crate) fn version() -> Self {
        Self::new(400, "InvalidVersion", "Specified parameter Version is not valid.")
    }

    pub(crate) fn action_not_found() -> Self {
        Self::new(404, "InvalidAction.NotFound", "Specified api is not found, please check your url and method.")
    }

    pub(crate) fn http_method() -> Self {
        Self::new(400, "UnsupportedHTTPMethod", "This http method is not supported.")
    }

    pub(crate) fn needs_tls() -> Self {
        Self::new(400, "InvalidProtocol.NeedSsl", "Your request is denied as lack of ssl protect.")
    }

    pub(crate) fn region_not_found() -> Self {
        Self::new(404, "InvalidRegionId.NotFound", "The specified RegionId does not exist.")
    }

    pub(crate) fn region_not_host() -> Self {
        Self::new(400, "RegionIdNotMatchHost", "The parameter regionId does not match the endpoint host.")
    }

    pub(crate) fn client_token() -> Self {
        Self::new(
            400,
            "InvalidClientToken.Malformed",
            "The specified clientToken is improperly formatted. \
             It must contain only ASCII characters and must not exceed 64 characters in length.",
        )
    }

    pub(crate) fn token_reused() -> Self {
        Self::new(
            400,
            "IdempotentParameterMismatch",
            "The request uses the same client token as a previous, but non-identical request. \
             Do not reuse a client token with different requests, unless the requests are identical.",
        )
    }

    pub(crate) fn throttled() -> Self {
        Self::new(429, "Throttling.User", "Request was denied due to user flow control.")
    }

    pub(crate) fn internal_error() -> Self {
        Self::new(
            500,
            "InternalError",
            "The request processing has failed due to some unknown error, exception or failure.",
        )
    }

    pub(crate) fn unavailable() -> Self {
        Self::new(503, "ServiceUnavailable", "The request has failed due to a temporary failure of the server.")
    }

    /// Nothing the vendor documents: its limit on bodies is not stated anywhere.
    pub(crate) fn body_too_large() -> Self {
        Self::new(413, "RequestEntityTooLarge", "The request body is too large.")
    }
}
