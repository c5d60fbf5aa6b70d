use crate::{Cases, map, text, texts, with};
use dysmsapi_20170525::{
    add_short_url::AddShortUrlRequest,
    add_sms_sign::{AddSmsSignRequest, RequestSignFileListItem},
    check_mobiles_card_support::CheckMobilesCardSupportRequest,
    create_card_sms_template::CreateCardSmsTemplateRequest,
    create_sms_template::{self, CreateSmsTemplateRequest},
    delete_short_url::DeleteShortUrlRequest,
    query_card_sms_template_report::QueryCardSmsTemplateReportRequest,
    query_mobiles_card_support::{QueryMobilesCardSupportRequest, RequestEncryptType},
    query_sms_authorization_letter::QuerySmsAuthorizationLetterRequest,
    send_batch_sms::SendBatchSmsRequest,
    send_card_sms::{RequestCardObjectsItem, SendCardSmsRequest},
    tag_resources::{RequestTagItem, TagResourcesRequest},
};
use serde_json::json;

pub fn cases(cases: &mut Cases) {
    cases.add(
        "dysmsapi/form beside query",
        &with!(
            SendBatchSmsRequest::new(text(r#"["15900000000","13500000000"]"#), text(r#"["阿里云","a&b=c"]"#), text("SMS_1")),
            template_param_json: text("[{\"name\":\"a + b\"},{\"name\":\"100% ~*\\n\"}]"),
            sms_up_extend_code_json: text(""),
        ),
    );
    cases.add(
        "dysmsapi/form only",
        &AddShortUrlRequest::new(text("3"), text("name"), text("https://example.com/?a=b&c=d e")),
    );
    cases.add(
        "dysmsapi/form for an operation that may also be DELETE",
        &DeleteShortUrlRequest::new(text("https://a.b/c")),
    );
    cases.add(
        "dysmsapi/objects in a list in the form, an enumerated number in the query",
        &AddSmsSignRequest::new(
            text("remark"),
            vec![
                RequestSignFileListItem::new(text("R0lGODlhHAAmAKIHAKqqqsv+/="), text("jpg")),
                RequestSignFileListItem::new(text("iVBORw0KGgo"), text("png")),
            ],
            text("sign"),
            1,
        ),
    );
    cases.add(
        "dysmsapi/empty text where one is required",
        &AddSmsSignRequest::new(
            text("remark"),
            vec![
                RequestSignFileListItem::new(text("R0lGODlh"), text("jpg")),
                RequestSignFileListItem::new(text(""), text("png")),
            ],
            text("sign"),
            1,
        ),
    );
    cases.add(
        "dysmsapi/flat list of maps",
        &CheckMobilesCardSupportRequest::new(
            vec![
                map(json!({"mobile": "13900001234", "number": 7, "half": 0.5, "yes": true, "no": false, "nothing": null})),
                map(json!({"list": ["a", {"deep": 1}], "object": {"x": {"y": "z"}}, "empty": "", "none": [], "void": {}})),
            ],
            text("CARD_SMS_1"),
        ),
    );
    cases.add(
        "dysmsapi/flat list of maps with names that hold dots",
        &CheckMobilesCardSupportRequest::new(vec![map(json!({"a.b": "1"}))], text("CARD_SMS_1")),
    );
    cases.add(
        "dysmsapi/JSON list of maps, an enumeration",
        &with!(
            QueryMobilesCardSupportRequest::new(
                vec![map(json!({"mobile": "1390000****", "a.b": [null, {}, 1]})), map(json!({}))],
                text("CARD_SMS_1"),
            ),
            encrypt_type: RequestEncryptType::Sha1,
        ),
    );
    cases.add(
        "dysmsapi/flat list of texts",
        &QueryCardSmsTemplateReportRequest::new(
            text("2020-10-12 00:00:01"),
            text("2020-10-11 00:00:01"),
            texts(["CARD_1", "CARD 2"]),
        ),
    );
    cases.add(
        "dysmsapi/flat list of objects",
        &SendCardSmsRequest::new(
            vec![
                with!(
                    RequestCardObjectsItem::new(),
                    custom_url: text("http://example.com?x=1&y=2"),
                    dync_params: text("{\"param3\":\"\",\"param1\":\"value1\"}"),
                    mobile: text("1390000****"),
                ),
                with!(RequestCardObjectsItem::new(), mobile: text("1390000****")),
            ],
            text("CARD_1"),
            text("SMS"),
            text("sign"),
        ),
    );
    cases.add(
        "dysmsapi/JSON object of anything",
        &CreateCardSmsTemplateRequest::new(
            map(json!({
                "extendData": {}, "cardSignName": "sign \"quoted\" \\ / </script>", "cardType": 3,
                "cards": [{"action": {"floorUrl": "", "toEditPage": false}, "n": [1.5, -2, null]}],
            })),
            text("template"),
        ),
    );
    cases.add(
        "dysmsapi/JSON list of numbers",
        &with!(
            QuerySmsAuthorizationLetterRequest::new(),
            authorization_letter_id_list: vec![1_000_000_000_000, 0, -3],
        ),
    );
    cases.add(
        "dysmsapi/checked texts and an enumerated number",
        &with!(
            CreateSmsTemplateRequest::new(
                create_sms_template::RequestTemplateContent::new("your code is ${code}").unwrap(),
                create_sms_template::RequestTemplateName::new("name").unwrap(),
                create_sms_template::RequestTemplateType::new(0).unwrap(),
            ),
            more_data: texts(["one.png"]),
            intl_type: 1,
            template_rule: text("{\"code\":\"characterWithNumber\"}"),
        ),
    );
    cases.add(
        "dysmsapi/objects and texts in lists",
        &with!(
            TagResourcesRequest::new(
                text("cn-hangzhou"),
                text("ALIYUN::DYSMS::TEMPLATE"),
                vec![with!(RequestTagItem::new(), key: text("k"), value: text(""))],
            ),
            resource_id: texts(["SMS_1", "SMS_2"]),
        ),
    );
}
