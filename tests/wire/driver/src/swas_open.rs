use crate::{Cases, map, text, texts, with};
use serde_json::json;
use swas_open_20200601::{
    add_custom_image_share_account::AddCustomImageShareAccountRequest,
    attach_key_pair::AttachKeyPairRequest,
    create_firewall_rules::{self, CreateFirewallRulesRequest, RequestFirewallRulesItem},
    create_firewall_template::{CreateFirewallTemplateRequest, RequestFirewallRuleItem},
    create_instances::{self, CreateInstancesRequest},
    delete_firewall_rules::DeleteFirewallRulesRequest,
    install_cloud_assistant::InstallCloudAssistantRequest,
    list_instances::{self, ListInstancesRequest, RequestTagItem},
    modify_image_share_status::ModifyImageShareStatusRequest,
    reset_system::{RequestLoginCredentials, ResetSystemRequest},
    run_command::RunCommandRequest,
};

/// Everything that a form or a query string must escape, and what it must not touch.
const AWKWARD: &str = "a b+c&d=e%20f~g*h/i?j#k\"l'\\\n\t\u{1f600}\u{e9}\u{2028}é=";

pub fn cases(cases: &mut Cases) {
    let region = || text("cn-hangzhou");

    cases.add(
        "swas-open/texts",
        &with!(
            ModifyImageShareStatusRequest::new(text("m-bp1"), text("Share"), region()),
            client_token: text("123e4567"),
        ),
    );
    cases.add("swas-open/required only", &ListInstancesRequest::new(region()));
    cases.add(
        "swas-open/numbers, objects in a list, absent and empty",
        &with!(
            ListInstancesRequest::new(region()),
            instance_ids: text(r#"["i-1","i-2"]"#),
            charge_type: text(""),
            page_number: list_instances::RequestPageNumber::new(1).unwrap(),
            page_size: list_instances::RequestPageSize::new(100).unwrap(),
            tag: vec![
                with!(RequestTagItem::new(), key: text("env"), value: text("")),
                with!(RequestTagItem::new(), key: text("only a key")),
                with!(RequestTagItem::new(), value: text("only a value")),
            ],
        ),
    );
    cases.add("swas-open/empty list", &with!(ListInstancesRequest::new(region()), tag: vec![]));
    cases.add(
        "swas-open/empty object in a list",
        &with!(
            ListInstancesRequest::new(region()),
            tag: vec![RequestTagItem::new(), with!(RequestTagItem::new(), key: text("second"))],
        ),
    );
    let many: Vec<_> = (1..=11).map(|number| with!(RequestTagItem::new(), key: format!("key {number}"))).collect();
    cases.add("swas-open/more than nine in a list", &with!(ListInstancesRequest::new(region()), tag: many));

    let create = |period| {
        let period = create_instances::RequestPeriod::new(period).unwrap();
        CreateInstancesRequest::new(text("m-1"), period, text("plan"), region())
    };
    cases.add(
        "swas-open/booleans and numbers",
        &with!(
            create(12),
            auto_renew: true,
            auto_renew_period: create_instances::RequestAutoRenewPeriod::new(1).unwrap(),
            data_disk_size: create_instances::RequestDataDiskSize::new(16380).unwrap(),
            amount: create_instances::RequestAmount::new(200).unwrap(),
        ),
    );
    cases.add(
        "swas-open/false and zero",
        &with!(create(1), auto_renew: false, data_disk_size: create_instances::RequestDataDiskSize::new(0).unwrap()),
    );

    let reset = || ResetSystemRequest::new(text("i-1"), region());
    cases.add(
        "swas-open/flat object",
        &with!(
            reset(),
            login_credentials: with!(RequestLoginCredentials::new(), password: text(AWKWARD), key_pair_name: text("k")),
        ),
    );
    cases.add("swas-open/flat object, empty", &with!(reset(), login_credentials: RequestLoginCredentials::new()));

    let delete = || DeleteFirewallRulesRequest::new(text("i-1"), region());
    cases.add("swas-open/joined by commas", &with!(delete(), rule_ids: texts(["r-1", "r-2", "r 3"])));
    cases.add("swas-open/joined by commas, one", &with!(delete(), rule_ids: texts(["r-1"])));
    cases.add("swas-open/joined by commas, none", &with!(delete(), rule_ids: vec![]));
    cases.add("swas-open/joined by commas, a comma inside", &with!(delete(), rule_ids: texts(["a,b", "c"])));

    let rules = || CreateFirewallRulesRequest::new(text("i-1"), region());
    cases.add(
        "swas-open/JSON list of objects beside a flat one",
        &with!(
            rules(),
            firewall_rules: vec![
                with!(
                    RequestFirewallRulesItem::new(),
                    rule_protocol: text("Tcp"),
                    port: text("80/90"),
                    source_cidr_ip: text("0.0.0.0/0"),
                    remark: text(AWKWARD),
                ),
                with!(RequestFirewallRulesItem::new(), rule_protocol: text("Icmp"), remark: text("")),
                RequestFirewallRulesItem::new(),
            ],
            tag: vec![with!(create_firewall_rules::RequestTagItem::new(), key: text("k"), value: text("v"))],
        ),
    );
    cases.add("swas-open/JSON list, empty", &with!(rules(), firewall_rules: vec![]));
    cases
        .add("swas-open/JSON list of texts", &InstallCloudAssistantRequest::new(texts(["i-1", AWKWARD, ""]), region()));

    cases.add(
        "swas-open/list of 64-bit numbers",
        &AddCustomImageShareAccountRequest::new(vec![1, 0, -7, 9_007_199_254_740_991], text("m-1"), region()),
    );
    cases.add("swas-open/list of texts", &AttachKeyPairRequest::new(texts(["i-1", "i 2", ""]), text("pair"), region()));
    cases.add(
        "swas-open/objects with required fields",
        &with!(
            CreateFirewallTemplateRequest::new(text("template"), region()),
            firewall_rule: vec![
                RequestFirewallRuleItem::new(text("22"), text("Tcp"), text("10.0.0.0/8")),
                with!(RequestFirewallRuleItem::new(text("53"), text("Udp"), text("::/0")), remark: text("é")),
            ],
        ),
    );

    let command = || RunCommandRequest::new(text(AWKWARD), text("i-1"), text("name"), region(), text("RunShellScript"));
    cases.add(
        "swas-open/JSON map of anything",
        &with!(
            command(),
            timeout: -1,
            enable_parameter: true,
            parameters: map(json!({
                "text": AWKWARD, "control": "\u{0}\u{1}\u{8}\u{c}\u{1b}\u{7f}\r", "": "empty name", "a.b": "dots", "é": 1,
                "yes": true, "no": false, "nothing": null, "whole": 3, "negative": -4, "half": 0.5, "tiny": 1e-7,
                "huge": 1e21, "list": [1, "two", [3.25], {"four": []}], "object": {"deep": {"er": {}}},
            })),
        ),
    );
    cases.add("swas-open/JSON map, empty", &with!(command(), parameters: map(json!({}))));
}
