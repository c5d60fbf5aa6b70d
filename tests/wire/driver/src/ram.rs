use crate::{Cases, text, texts, with};
use ram_20150501::{
    create_login_profile::CreateLoginProfileRequest,
    create_role::{self, CreateRoleRequest},
    list_tag_resources::{self, ListTagResourcesRequest},
    tag_resources::{RequestTagItem, TagResourcesRequest},
};

pub fn cases(cases: &mut Cases) {
    cases.add(
        "ram/JSON text as text beside a JSON list",
        &with!(
            CreateRoleRequest::new(),
            role_name: text("role"),
            assume_role_policy_document: text("{ \"Statement\": [],\n  \"Version\": \"1\" }"),
            max_session_duration: 3600,
            tag: vec![with!(create_role::RequestTagItem::new(), key: text("k"), value: text(""))],
        ),
    );
    cases.add(
        "ram/JSON lists of texts and of objects with required fields",
        &with!(
            TagResourcesRequest::new(text("user"), vec![RequestTagItem::new(text("a"), text("b"))]),
            resource_names: texts(["alice", "bob"]),
        ),
    );
    cases.add(
        "ram/JSON lists, empty",
        &with!(ListTagResourcesRequest::new(text("user")), resource_names: vec![], tag: vec![], page_size: 100),
    );
    cases.add(
        "ram/JSON list of one empty object",
        &with!(ListTagResourcesRequest::new(text("user")), tag: vec![list_tag_resources::RequestTagItem::new()]),
    );
    cases.add(
        "ram/a name in capitals, a password",
        &with!(
            CreateLoginProfileRequest::new(),
            user_name: text("alice"),
            password: text(" p@ss+w%rd "),
            password_reset_required: false,
            mfa_bind_required: true,
        ),
    );
}
