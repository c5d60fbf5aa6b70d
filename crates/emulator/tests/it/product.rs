//! What the operations do: state, client tokens, parameters, examples.

use crate::caller::{Answer, Call, NOW, answer, config, in_share, response, temporary_key};
use acs_rpc::{
    Constraint, DeclaredError, Example, Kind, Method, Operation, OperationReference, Parameter, Position, Schema, Style,
};
use acs_sign::{Format, Scheme};
use emulator::{Effect, Emulator};
use serde_json::{Value, json};

const FREE: &str = "m-bp1e79zktg26n2b0001";
const SHARED: &str = "m-bp1e79zktg26n2b0002";

fn emulator() -> Emulator {
    Emulator::new(config())
}

fn call(emulator: &mut Emulator, action: &str, parameters: &[(&str, &str)]) -> Answer {
    Call::new(action, parameters).send(emulator)
}

fn modify(emulator: &mut Emulator, image: &str, operation: &str, token: &str) -> Answer {
    let parameters =
        [("RegionId", "cn-hangzhou"), ("ImageId", image), ("Operation", operation), ("ClientToken", token)];
    call(emulator, "ModifyImageShareStatus", &parameters)
}

fn delete(emulator: &mut Emulator, image: &str, token: &str) -> Answer {
    call(emulator, "DeleteCustomImage", &[("RegionId", "cn-hangzhou"), ("ImageId", image), ("ClientToken", token)])
}

fn effects(emulator: &Emulator) -> Vec<Option<Effect>> {
    emulator.journal().map(|entry| entry.effect.clone()).collect()
}

fn effect(image: &str, from: bool, to: Option<bool>) -> Option<Effect> {
    Some(Effect { image: image.to_owned(), from, to })
}

/// Ids of the answered images, without what all of Hangzhou's have in common.
fn ids(answer: &Answer) -> Vec<String> {
    let images = answer.body["CustomImages"].as_array().unwrap();
    images.iter().map(|image| image["ImageId"].as_str().unwrap().replace("m-bp1e79zktg26n2b", "")).collect()
}

fn list(parameters: &[(&str, &str)]) -> Answer {
    let parameters = [&[("RegionId", "cn-hangzhou")], parameters].concat();
    call(&mut emulator(), "ListCustomImages", &parameters)
}

#[test]
fn share_and_unshare() {
    let mut emulator = emulator();
    let shared = modify(&mut emulator, FREE, "Share", "");
    assert_eq!(shared.status, 200);
    assert_eq!(shared.body, json!({"RequestId": shared.request_id()}));
    assert_eq!(in_share(&emulator, FREE), Some(true));
    assert_eq!(modify(&mut emulator, FREE, "UnShare", "").status, 200);
    assert_eq!(in_share(&emulator, FREE), Some(false));
    assert_eq!(effects(&emulator), [effect(FREE, false, Some(true)), effect(FREE, true, Some(false))]);
}

#[test]
fn a_state_that_already_holds_is_a_success_without_an_effect() {
    let mut emulator = emulator();
    assert_eq!(modify(&mut emulator, SHARED, "Share", "").status, 200);
    assert_eq!(modify(&mut emulator, FREE, "UnShare", "").status, 200);
    assert_eq!(effects(&emulator), [None, None]);
}

#[test]
fn an_illegal_operation_and_an_unknown_image() {
    let mut emulator = emulator();
    for operation in ["share", "Delete", "SHARE", "Share "] {
        let refused = modify(&mut emulator, FREE, operation, "");
        assert_eq!(refused.code(), (400, "InvalidParam.OperationIllegal"), "{operation}");
        assert_eq!(refused.body["Message"], "The specified parameter operation is illegal.");
    }
    for image in ["m-bp1e79zktg26n2b9999", "m-2zehv38jjmwva1e0001", "m-", "x-1"] {
        let refused = modify(&mut emulator, image, "Share", "");
        assert_eq!(refused.code(), (404, "InvalidImageId.NotFound"), "{image}");
        assert_eq!(refused.body["Message"], "The specified ImageId does not exist.");
    }
    assert!(effects(&emulator).iter().all(Option::is_none));
}

#[test]
fn absent_parameters_are_named() {
    let mut emulator = emulator();
    for (parameters, missing) in [
        (&[][..], "RegionId"),
        (&[("RegionId", "")], "RegionId"),
        (&[("RegionId", "cn-hangzhou"), ("Operation", "Share")], "ImageId"),
        (&[("RegionId", "cn-hangzhou"), ("ImageId", FREE)], "Operation"),
    ] {
        let refused = call(&mut emulator, "ModifyImageShareStatus", parameters);
        assert_eq!(refused.code(), (400, format!("Missing{missing}").as_str()));
        assert_eq!(refused.body["Message"], format!("{missing} is mandatory for this action."));
    }
}

#[test]
fn unknown_parameters_are_passed_over() {
    let mut emulator = emulator();
    assert_eq!(call(&mut emulator, "ListRegions", &[("RegionId", "cn-hangzhou"), ("X", "1")]).status, 200);
}

#[test]
fn regions_are_checked_against_the_table_and_the_host() {
    let mut emulator = emulator();
    let refused = call(&mut emulator, "ListCustomImages", &[("RegionId", "mars-1")]);
    assert_eq!(refused.code(), (404, "InvalidRegionId.NotFound"));
    let sent_to = |emulator: &mut Emulator, host: &str, region: &str| {
        Call { host, ..Call::new("ListCustomImages", &[("RegionId", region)]) }.send(emulator).code().1.to_owned()
    };
    assert_eq!(sent_to(&mut emulator, "swas.cn-hangzhou.aliyuncs.com", "cn-hangzhou"), "");
    assert_eq!(sent_to(&mut emulator, "swas.cn-hangzhou.aliyuncs.com:8788", "cn-hangzhou"), "");
    assert_eq!(sent_to(&mut emulator, "swas.cn-hangzhou.aliyuncs.com", "cn-beijing"), "RegionIdNotMatchHost");
    assert_eq!(sent_to(&mut emulator, "localhost:8788", "cn-beijing"), "");
}

#[test]
fn a_shared_image_cannot_be_deleted() {
    let mut emulator = emulator();
    let refused = delete(&mut emulator, SHARED, "");
    assert_eq!(refused.code(), (400, "CustomImageInShare"));
    assert_eq!(modify(&mut emulator, SHARED, "UnShare", "").status, 200);
    assert_eq!(delete(&mut emulator, SHARED, "").status, 200);
    assert_eq!(in_share(&emulator, SHARED), None);
    assert_eq!(delete(&mut emulator, SHARED, "").code(), (404, "InvalidImageId.NotFound"));
    assert_eq!(effects(&emulator), [None, effect(SHARED, true, Some(false)), effect(SHARED, false, None), None]);
}

#[test]
fn a_client_token_acts_once_and_answers_the_same() {
    let mut emulator = emulator();
    let first = modify(&mut emulator, FREE, "Share", "token-1");
    assert_eq!(modify(&mut emulator, FREE, "UnShare", "token-2").status, 200);
    // Neither scheme nor place nor order of the parameters makes it another call.
    let parameters =
        [("ClientToken", "token-1"), ("Operation", "Share"), ("ImageId", FREE), ("RegionId", "cn-hangzhou")];
    let again = Call { scheme: Scheme::Acs3, in_form: true, ..Call::new("ModifyImageShareStatus", &parameters) };
    assert_eq!(again.send(&mut emulator), first);
    assert_eq!(in_share(&emulator, FREE), Some(false));
    let xml = Call { format: Format::Xml, ..Call::new("ModifyImageShareStatus", &parameters) };
    assert_eq!(
        String::from_utf8(response(&mut emulator, NOW, &xml.request()).body).unwrap(),
        format!(
            "<?xml version='1.0' encoding='UTF-8'?><ModifyImageShareStatusResponse><RequestId>{}</RequestId>\
             </ModifyImageShareStatusResponse>",
            first.request_id()
        )
    );
    let replayed: Vec<bool> = emulator.journal().map(|entry| entry.replayed).collect();
    assert_eq!(replayed, [false, false, true, true]);
    assert_eq!(effects(&emulator)[2..], [None, None]);
    let tokens: Vec<_> = emulator.journal().map(|entry| entry.client_token.as_deref()).collect();
    assert_eq!(tokens, [Some("token-1"), Some("token-2"), Some("token-1"), Some("token-1")]);
}

#[test]
fn a_client_token_with_other_parameters_is_refused() {
    let mut emulator = emulator();
    assert_eq!(modify(&mut emulator, FREE, "Share", "token-1").status, 200);
    for (image, operation) in [(FREE, "UnShare"), (SHARED, "Share")] {
        let refused = modify(&mut emulator, image, operation, "token-1");
        assert_eq!(refused.code(), (400, "IdempotentParameterMismatch"));
    }
    assert_eq!(in_share(&emulator, FREE), Some(true));
    // Case-sensitive, and each operation and key has its own.
    assert_eq!(modify(&mut emulator, FREE, "UnShare", "TOKEN-1").status, 200);
    assert_eq!(delete(&mut emulator, FREE, "token-1").status, 200);
    let parameters =
        [("RegionId", "cn-hangzhou"), ("ImageId", SHARED), ("Operation", "UnShare"), ("ClientToken", "token-1")];
    let other_key = Call {
        credentials: temporary_key("STS.id", "stssecret", "CAISexample+token/=="),
        ..Call::new("ModifyImageShareStatus", &parameters)
    };
    assert_eq!(other_key.send(&mut emulator).status, 200);
}

#[test]
fn a_refused_call_leaves_its_client_token_unused() {
    let mut emulator = emulator();
    assert_eq!(modify(&mut emulator, "m-nothing", "Share", "token-1").status, 404);
    assert_eq!(modify(&mut emulator, FREE, "Share", "token-1").status, 200);
}

#[test]
fn a_client_token_is_forgotten_after_a_day() {
    let mut emulator = emulator();
    let parameters =
        [("RegionId", "cn-hangzhou"), ("ImageId", FREE), ("Operation", "Share"), ("ClientToken", "token-1")];
    let mut at = |now| {
        let call = Call { signed_at: now, ..Call::new("ModifyImageShareStatus", &parameters) };
        answer(&mut emulator, now, &call.request()).request_id().to_owned()
    };
    let first = at(NOW);
    assert_eq!(at(NOW + 86_399), first);
    assert_ne!(at(NOW + 86_400), first);
}

#[test]
fn a_client_token_means_nothing_to_a_list() {
    let mut emulator = emulator();
    let listed = |emulator: &mut Emulator, region| {
        call(emulator, "ListCustomImages", &[("RegionId", region), ("ClientToken", "token-1")])
    };
    let first = listed(&mut emulator, "cn-hangzhou");
    let second = listed(&mut emulator, "cn-beijing");
    assert_eq!((first.status, second.status), (200, 200));
    assert_ne!(first.request_id(), second.request_id());
}

#[test]
fn a_malformed_client_token() {
    let mut emulator = emulator();
    assert_eq!(modify(&mut emulator, FREE, "Share", &"t".repeat(64)).status, 200);
    for token in ["t".repeat(65), "中".to_owned()] {
        let refused = modify(&mut emulator, FREE, "UnShare", &token);
        assert_eq!(refused.code(), (400, "InvalidClientToken.Malformed"));
    }
}

#[test]
fn list_regions_in_two_languages() {
    let mut emulator = emulator();
    let regions = |emulator: &mut Emulator, parameters: &[(&str, &str)]| {
        let answer = call(emulator, "ListRegions", parameters);
        answer.body["Regions"].as_array().unwrap().clone()
    };
    let chinese = regions(&mut emulator, &[]);
    assert_eq!(chinese.len(), 27);
    assert_eq!(
        chinese[5],
        json!({"RegionId": "cn-hangzhou", "RegionEndpoint": "swas.cn-hangzhou.aliyuncs.com", "LocalName": "华东1（杭州）"})
    );
    assert_eq!(regions(&mut emulator, &[("AcceptLanguage", "zh-CN")]), chinese);
    assert_eq!(regions(&mut emulator, &[("AcceptLanguage", "en-US")])[5]["LocalName"], "China (Hangzhou)");
}

#[test]
fn a_list_repeats_its_name_in_xml() {
    let parameters = [("RegionId", "cn-hangzhou"), ("PageSize", "2")];
    let call = Call { format: Format::Xml, ..Call::new("ListCustomImages", &parameters) };
    let xml = String::from_utf8(response(&mut emulator(), NOW, &call.request()).body).unwrap();
    assert!(xml.starts_with("<?xml version='1.0' encoding='UTF-8'?><ListCustomImagesResponse><RequestId>"));
    assert_eq!(xml.matches("<CustomImages><ImageId>").count(), 2);
    assert_eq!(xml.matches("<Tags><Key>team</Key><Value>").count(), 2);
    assert!(xml.contains("<CreateInstances>9ffb716db6ae406ca78a476c00000002</CreateInstances>"));
    assert!(xml.contains("<TotalCount>4</TotalCount>"));
}

#[test]
fn every_documented_field_of_an_image_is_there_and_no_other() {
    let answer = list(&[("ImageIds", &json!([SHARED]).to_string())]);
    let answered = &swas::reference("ListCustomImages").unwrap().response.as_ref().unwrap().schema;
    let Kind::Object(fields) = answered.kind else { panic!("no object") };
    let images = fields.iter().find(|field| field.name == "CustomImages").unwrap();
    let Kind::Array(Schema { kind: Kind::Object(fields), .. }) = images.schema.kind else { panic!("no list") };
    let mut documented: Vec<_> = fields.iter().map(|field| field.name).collect();
    let mut answered: Vec<_> = answer.body["CustomImages"][0].as_object().unwrap().keys().map(String::as_str).collect();
    documented.sort_unstable();
    answered.sort_unstable();
    assert_eq!(answered, documented);
    let image = &answer.body["CustomImages"][0];
    for field in *fields {
        let fits = match field.schema.kind {
            Kind::String => image[field.name].is_string(),
            Kind::Boolean => image[field.name].is_boolean(),
            Kind::Int32 | Kind::Int64 => image[field.name].is_i64(),
            Kind::Array(_) => image[field.name].is_array(),
            _ => false,
        };
        assert!(fits, "{}", field.name);
    }
}

#[test]
fn pages_are_counted_in_text() {
    let paged = |parameters: &[(&str, &str)]| {
        let answer = list(parameters);
        let texts = ["TotalCount", "PageSize", "PageNumber"].map(|name| answer.body[name].as_str().unwrap().to_owned());
        (texts.join(" "), ids(&answer).join(" "))
    };
    let expected = |texts: &str, ids: &str| (texts.to_owned(), ids.to_owned());
    assert_eq!(paged(&[]), expected("4 10 1", "0001 0002 0003 0004"));
    assert_eq!(paged(&[("PageSize", "3")]), expected("4 3 1", "0001 0002 0003"));
    assert_eq!(paged(&[("PageSize", "3"), ("PageNumber", "2")]), expected("4 3 2", "0004"));
    assert_eq!(paged(&[("PageSize", "100"), ("PageNumber", "2147483647")]), expected("4 100 2147483647", ""));
    for (name, value) in [
        ("PageSize", "0"),
        ("PageSize", "101"),
        ("PageSize", "-1"),
        ("PageSize", "ten"),
        ("PageNumber", "0"),
        ("PageNumber", "2147483648"),
        ("ImageIds", "m-1"),
        ("ImageNames", "[1]"),
        ("Share", "yes"),
    ] {
        let refused = list(&[(name, value)]);
        assert_eq!(refused.code(), (400, "InvalidParameter"), "{name}={value}");
        assert_eq!(refused.body["Message"], format!("The specified parameter \"{name}\" is not valid."));
    }
}

#[test]
fn filters_narrow_a_list() {
    for (parameters, expected) in [
        (&[("ImageIds", r#"["m-bp1e79zktg26n2b0002","m-bp1e79zktg26n2b0003","m-x"]"#)][..], "0002 0003"),
        (&[("ImageIds", "[]")], ""),
        (&[("ImageIds", "")], "0001 0002 0003 0004"),
        (&[("ImageNames", r#"["order-service"]"#)], "0003"),
        (&[("Share", "false")], "0001 0003 0004"),
        (&[("Share", "False")], "0001 0003 0004"),
        (&[("Share", "True")], "0001 0002 0003 0004"),
        (&[("SystemSnapshotId", "s-bp1e79zktg26n2b00010")], "0001"),
        (&[("DataSnapshotId", "s-bp1e79zktg26n2b00031")], "0003"),
        (&[("InstanceId", "2d06ee0520b44de1ae88d4be00000002")], "0002"),
        (&[("InstanceId", "2d06ee0520b44de1ae88d4be")], ""),
        (&[("ResourceGroupId", "rg-acfm2h2lvp3ublq")], "0001 0002 0003 0004"),
        (&[("ResourceGroupId", "rg-other")], ""),
        (&[("Tag.1.Key", "team")], "0001 0002 0003 0004"),
        (&[("Tag.1.Key", "team"), ("Tag.1.Value", "red")], "0001 0003"),
        (&[("Tag.1.Key", "team"), ("Tag.1.Value", "red"), ("Tag.2.Key", "stage")], ""),
        (&[("Tag.1.Key", "team"), ("Tag.1.Value", "red"), ("Share", "false"), ("PageSize", "1")], "0001"),
    ] {
        assert_eq!(ids(&list(parameters)).join(" "), expected, "{parameters:?}");
    }
}

#[test]
fn images_are_as_seeded() {
    let emulator = emulator();
    let regions: alloc::collections::BTreeSet<_> = emulator.images().iter().map(|image| &image.region_id).collect();
    assert!(regions.iter().all(|region| swas::endpoint(region).is_some()));
    assert_eq!((in_share(&emulator, FREE), in_share(&emulator, SHARED)), (Some(false), Some(true)));
    assert!(emulator.images().iter().all(|image| image.image_id.len() == FREE.len()));
    let ids: alloc::collections::BTreeSet<_> = emulator.images().iter().map(|image| &image.image_id).collect();
    assert_eq!(ids.len(), emulator.images().len());
}

const fn text(constraints: &'static [Constraint], sensitive: bool) -> Schema {
    Schema { kind: Kind::String, constraints, sensitive }
}

const fn parameter(name: &'static str, position: Position, required: bool, schema: Schema) -> Parameter {
    Parameter { name, position, style: Style::Plain, required, schema }
}

static CREATE_TABLE: Operation = Operation {
    product: "Other",
    version: "2021-02-03",
    name: "CreateThing",
    summary: "",
    methods: &[Method::Post],
    https_only: false,
    path: "/",
    body_type: None,
    parameters: &[
        parameter("Name", Position::Query, true, text(&[Constraint::MaxLength(3)], false)),
        parameter("RegionId", Position::Form, false, text(&[], false)),
        parameter("Password", Position::Form, false, text(&[], true)),
        parameter("clientToken", Position::Query, false, text(&[], false)),
        parameter("Document", Position::Body, false, text(&[Constraint::MinLength(3)], false)),
    ],
    errors: &[
        DeclaredError { status: 409, code: "NameExists" },
        DeclaredError { status: 403, code: "InvalidParam.IllegalName" },
    ],
    success_flag: false,
    named: &[],
};

static CREATE: OperationReference = OperationReference {
    operation: &CREATE_TABLE,
    messages: &["The name exists.", "The name is illegal."],
    examples: &[
        Example { format: "xml", body: "<CreateThingResponse/>" },
        Example { format: "json", body: r#"{"Thing": {"Ids": [1, 2]}, "RequestId": "0000-****", "Done": true}"# },
    ],
    ..SILENT_REFERENCE
};

static SILENT: OperationReference = SILENT_REFERENCE;

const SILENT_REFERENCE: OperationReference = OperationReference {
    operation: &SILENT_TABLE,
    description: "",
    deprecated: false,
    parameters: &[],
    response: None,
    named: &[],
    messages: &[],
    examples: &[],
};

static SILENT_TABLE: Operation = Operation {
    product: "Other",
    version: "2021-02-03",
    name: "DescribeThing",
    summary: "",
    methods: &[Method::Get, Method::Post],
    https_only: false,
    path: "/",
    body_type: None,
    parameters: &[],
    errors: &[],
    success_flag: false,
    named: &[],
};

fn with_others() -> Emulator {
    let mut config = config();
    config.operations.extend([&CREATE, &SILENT]);
    Emulator::new(config)
}

fn other<'a>(action: &'a str, parameters: &'a [(&'a str, &'a str)]) -> Call<'a> {
    Call { version: "2021-02-03", ..Call::new(action, parameters) }
}

#[test]
fn other_operations_are_validated_and_answered_with_their_example() {
    let mut emulator = with_others();
    let created = other("CreateThing", &[("Name", "a")]).send(&mut emulator);
    let id = created.request_id();
    assert_eq!(created.body, json!({"Thing": {"Ids": [1, 2]}, "RequestId": id, "Done": true}));
    assert_ne!(id, "0000-****");
    let xml = Call { format: Format::Xml, ..other("CreateThing", &[("Name", "a")]) };
    let xml = response(&mut emulator, NOW, &xml.request());
    assert_eq!(
        String::from_utf8(xml.body.clone()).unwrap(),
        format!(
            "<?xml version='1.0' encoding='UTF-8'?><CreateThingResponse><Thing><Ids>1</Ids><Ids>2</Ids></Thing>\
             <RequestId>{}</RequestId><Done>true</Done></CreateThingResponse>",
            xml.header("x-acs-request-id").unwrap()
        )
    );
    let silent = other("DescribeThing", &[]).send(&mut emulator);
    assert_eq!(silent.body, json!({"RequestId": silent.request_id()}));

    let refused = other("CreateThing", &[]).send(&mut emulator);
    assert_eq!(refused.code(), (400, "MissingName"));
    let refused = other("CreateThing", &[("Name", "abcd")]).send(&mut emulator);
    assert_eq!(
        (refused.code(), &refused.body["Message"]),
        ((403, "InvalidParam.IllegalName"), &json!("The name is illegal."))
    );
    // The version belongs to the product, and so does the table of regions.
    assert_eq!(Call::new("CreateThing", &[("Name", "a")]).send(&mut emulator).code(), (404, "InvalidAction.NotFound"));
    assert_eq!(other("CreateThing", &[("Name", "a"), ("RegionId", "mars-1")]).send(&mut emulator).status, 200);
}

#[test]
fn other_operations_honour_client_tokens() {
    let mut emulator = with_others();
    let mut created = |name, token| {
        let answer = other("CreateThing", &[("Name", name), ("clientToken", token)]).send(&mut emulator);
        (answer.status, answer.request_id().to_owned())
    };
    let first = created("a", "t");
    assert_eq!(created("a", "t"), first);
    assert_ne!(created("a", "u"), first);
    assert_eq!(created("b", "t").0, 400);
}

#[test]
fn a_body_may_be_a_parameter() {
    let mut emulator = with_others();
    let mut sent = |body: &str| {
        let mut request = other("CreateThing", &[("Name", "a")]).request();
        request.body = body.as_bytes().to_vec();
        request.headers.push(("content-type".to_owned(), "application/json".to_owned()));
        answer(&mut emulator, NOW, &request)
    };
    assert_eq!(sent("{}").code(), (400, "InvalidParameter"));
    assert_eq!(sent("{ }").status, 200);
    let entry = emulator.journal().last().unwrap();
    assert_eq!(entry.parameters["Document"], "{ }");
}

#[test]
fn the_journal_shows_no_secret() {
    let mut emulator = with_others();
    let parameters =
        [("Name", "a"), ("Password", "hunter2"), ("Unheard", "of"), ("clientToken", "t"), ("RegionId", "r")];
    for scheme in [Scheme::Rpc, Scheme::Acs3] {
        let call = Call {
            scheme,
            in_form: true,
            credentials: temporary_key("STS.id", "stssecret", "CAISexample+token/=="),
            ..other("CreateThing", &parameters)
        };
        assert_eq!(call.send(&mut emulator).status, 200);
    }
    let mut entries: Vec<Value> = emulator.journal().map(|entry| json!(entry)).collect();
    for entry in &mut entries {
        assert!(entry["request_id"].is_string());
        entry["request_id"] = json!("ID");
    }
    let expected = |seq, scheme, replayed| {
        json!({
            "seq": seq,
            "time": "2023-10-26T10:22:32.000Z",
            "operation": "CreateThing",
            "parameters": {"Name": "a", "Password": "***", "RegionId": "r", "Unheard": "***", "clientToken": "t"},
            "access_key_id": "STS.id",
            "scheme": scheme,
            "method": "POST",
            "verdict": {"status": 200, "code": null},
            "request_id": "ID",
            "client_token": "t",
            "replayed": replayed,
            "fault": null,
            "effect": null,
        })
    };
    assert_eq!(entries, [expected(1, "rpc", false), expected(2, "acs3", true)]);
}
