use crate::{Cases, text, with};
use sts_20150401::{assume_role::AssumeRoleRequest, get_caller_identity::GetCallerIdentityRequest};

pub fn cases(cases: &mut Cases) {
    cases.add("sts/no parameters at all", &GetCallerIdentityRequest::new());
    cases.add(
        "sts/64-bit number, JSON text as text",
        &with!(
            AssumeRoleRequest::new(text("acs:ram::123456789012****:role/adminrole"), text("alice@example.com")),
            duration_seconds: 900,
            policy: text("{\"Statement\": [{\"Action\": [\"*\"],\"Effect\": \"Allow\"}],\"Version\":\"1\"}"),
        ),
    );
}
