//! Typed requests to wire form and check, answers from the document's own examples, on the host and on wasm32.

use acs_rpc::{Answer, Constraint, Expected, InvalidParameter, Rejection, Request, Violation, WireParameters};
use swas::{
    delete_custom_image::{DeleteCustomImageError, DeleteCustomImageRequest},
    list_custom_images::{
        ListCustomImagesRequest, ListCustomImagesResponse, RequestPageNumber, RequestPageSize, RequestTagItem,
        ResponseCustomImagesItemStatus,
    },
    list_regions::{ListRegionsRequest, RequestAcceptLanguage},
    modify_image_share_status::{ModifyImageShareStatusRequest, RequestOperation},
    types::{ClientToken, ImageId, RegionId},
};

macro_rules! tests {
    ($($name:ident $body:block)*) => {$(
        #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
        #[cfg_attr(not(target_arch = "wasm32"), test)]
        fn $name() $body
    )*};
}

fn image(id: &str) -> ImageId {
    ImageId::new(id).expect("a valid id")
}

fn hangzhou() -> RegionId {
    RegionId::new("cn-hangzhou")
}

#[track_caller]
fn assert_sent(request: &impl Request, expected: &[(&str, &str)]) {
    let parameters = request.checked_parameters().expect("a valid request");
    assert_eq!(parameters.iter().collect::<Vec<_>>(), expected);
}

/// The document's JSON example of an operation.
fn example(operation: &str) -> &'static str {
    let reference = swas::reference(operation).expect("an operation of the document");
    reference.examples.iter().find(|example| example.format == "json").expect("a JSON example").body
}

#[track_caller]
fn answered<R: Request>(request: &R, body: &str) -> R::Response
where
    R::Error: core::fmt::Debug,
{
    match request.response(&Answer::new(200, body.as_bytes())) {
        Ok(response) => response,
        Err(rejection) => panic!("{rejection:?}"),
    }
}

tests! {
    sharing_an_image {
        let mut request = ModifyImageShareStatusRequest::new(image("m-1"), RequestOperation::Share, hangzhou());
        assert_sent(&request, &[("RegionId", "cn-hangzhou"), ("ImageId", "m-1"), ("Operation", "Share")]);
        request.client_token = Some(ClientToken::new("t".repeat(64)).expect("64 characters"));
        request.operation = RequestOperation::UnShare;
        let token = "t".repeat(64);
        assert_sent(
            &request,
            &[("RegionId", "cn-hangzhou"), ("ClientToken", &token), ("ImageId", "m-1"), ("Operation", "UnShare")],
        );
        let response = answered(&request, example("ModifyImageShareStatus"));
        assert_eq!(response.request_id.as_deref(), Some("473469C7-AA6F-4DC5-B3DB-A3DC0DE3C****"));
    }

    listing_images {
        let mut request = ListCustomImagesRequest::new(hangzhou());
        request.image_ids = Some(vec![image("m-1"), image("m-2")]);
        request.image_names = Some(vec!["a, \"b\"".to_owned()]);
        request.page_size = RequestPageSize::new(100).ok();
        request.page_number = RequestPageNumber::new(2).ok();
        request.share = Some(false);
        let mut tag = RequestTagItem::new();
        tag.key = Some("env".to_owned());
        request.tag = Some(vec![tag.clone(), tag]);
        assert_sent(
            &request,
            &[
                ("RegionId", "cn-hangzhou"),
                ("ImageIds", r#"["m-1","m-2"]"#),
                ("PageSize", "100"),
                ("PageNumber", "2"),
                ("ImageNames", r#"["a, \"b\""]"#),
                ("Tag.1.Key", "env"),
                ("Tag.2.Key", "env"),
                ("Share", "false"),
            ],
        );

        let response = answered(&request, example("ListCustomImages"));
        // Text here and numbers in the sister operations: read either way.
        assert_eq!(response.total_count.as_deref(), Some("1"));
        let images = response.custom_images.expect("images");
        let [image] = images.as_slice() else { panic!("{images:?}") };
        assert_eq!(image.image_id.as_deref(), Some("m-bp1e79zktg26n2b***"));
        assert_eq!(image.status, Some(ResponseCustomImagesItemStatus::Available));
        assert_eq!(image.in_share, Some(false));
        assert_eq!(image.required_system_disk_size, Some(20));
        assert_eq!(image.user_id, Some(0));
        assert_eq!(image.create_instances.as_deref(), Some(["9ffb716db6ae406ca78a476c0c81****".to_owned()].as_slice()));
        assert_eq!(image.tags.as_ref().and_then(|tags| tags.first()?.value.as_deref()), Some("TestValue"));
    }

    answers_that_contradict_the_document_are_read {
        let request = ListCustomImagesRequest::new(hangzhou());
        let body = r#"{"TotalCount": 1, "PageSize": 10, "New": {}, "CustomImages": [
            {"ImageId": "m-1", "InShare": "true", "Status": 9, "UserId": "1808****", "Tags": null}, 7]}"#;
        let response: ListCustomImagesResponse = answered(&request, body);
        assert_eq!(response.total_count.as_deref(), Some("1"));
        let images = response.custom_images.expect("images");
        let [image] = images.as_slice() else { panic!("{images:?}") };
        assert_eq!(image.in_share, Some(true));
        assert_eq!(image.status, Some(ResponseCustomImagesItemStatus::Other("9".to_owned())));
        assert_eq!((image.user_id, image.tags.as_ref(), image.name.as_ref()), (None, None, None));
        // Nothing of it is lost.
        assert_eq!(image.rest.fields().get("UserId"), Some(&"1808****".into()));
        let rest = response.rest.fields();
        assert!(rest.len() == 2 && rest.contains_key("New"), "{rest:?}");
        assert_eq!(rest.get("CustomImages").and_then(|images| images.get(1)), Some(&7.into()));
    }

    listing_regions {
        let mut request = ListRegionsRequest::new();
        assert_sent(&request, &[]);
        request.accept_language = Some(RequestAcceptLanguage::EnUs);
        assert_sent(&request, &[("AcceptLanguage", "en-US")]);
        let response = answered(&request, example("ListRegions"));
        let regions = response.regions.expect("regions");
        assert_eq!(regions.first().and_then(|region| region.region_id.as_deref()), Some("cn-hangzhou"));
    }

    deleting_a_shared_image_is_an_error_of_its_own {
        let request = DeleteCustomImageRequest::new(image("m-1"), hangzhou());
        assert_sent(&request, &[("RegionId", "cn-hangzhou"), ("ImageId", "m-1")]);
        let error = |status, code: &str| {
            let body = format!(r#"{{"Code": "{code}", "Message": "no", "RequestId": "r", "HostId": "h"}}"#);
            match request.response(&Answer::new(status, body.as_bytes())) {
                Err(Rejection::Declared(error)) => error,
                other => panic!("{other:?}"),
            }
        };
        assert!(matches!(error(400, "CustomImageInShare"), DeleteCustomImageError::CustomImageInShare(_)));
        assert!(matches!(error(404, "InvalidImageId.NotFound"), DeleteCustomImageError::InvalidImageIdNotFound(_)));
        let unknown = error(403, "Forbidden.RAM");
        assert!(matches!(&unknown, DeleteCustomImageError::Other(other) if other.code == "Forbidden.RAM"));
        assert_eq!((unknown.api_error().status, unknown.api_error().request_id.as_str()), (403, "r"));
    }

    types_refuse_what_may_not_be_sent {
        let refused = |constraint, value: &str| Violation::Limit { constraint, value: Some(value.to_owned()) };
        assert_eq!(ImageId::new("i-1"), Err(refused(Constraint::Prefix("m-"), "i-1")));
        assert_eq!(ClientToken::new("é"), Err(refused(Constraint::Ascii, "é")));
        let long = "t".repeat(65);
        assert!(matches!(
            ClientToken::new(long),
            Err(Violation::Limit { constraint: Constraint::MaxLength(64), .. })
        ));
        assert_eq!(RequestPageSize::new(101), Err(refused(Constraint::Maximum(100), "101")));
        assert_eq!(RequestPageSize::new(0), Err(refused(Constraint::Minimum(1), "0")));
        assert_eq!("share".parse::<RequestOperation>(), Err(refused(Constraint::OneOf(&["Share", "UnShare"]), "share")));
        assert_eq!("UnShare".parse(), Ok(RequestOperation::UnShare));
        assert_eq!(RequestOperation::ALL.iter().map(|value| value.as_str()).collect::<Vec<_>>(), ["Share", "UnShare"]);
    }

    tables_refuse_what_types_cannot_hold {
        let table = swas::operation("ListCustomImages").expect("served").operation;
        let parameters: WireParameters =
            [("ImageIds", "m-1"), ("PageSize", "ten"), ("Share", "yes"), ("Imageids", "[]")].into_iter().collect();
        let problem = |name: &str, violation| InvalidParameter { name: name.to_owned(), violation };
        let not_a = |expected, value: &str| Violation::NotA { expected, value: Some(value.to_owned()) };
        assert_eq!(
            table.check(&parameters),
            Err(vec![
                problem("RegionId", Violation::Missing),
                problem(
                    "ImageIds",
                    Violation::Limit { constraint: Constraint::JsonStrings(100), value: Some("m-1".to_owned()) },
                ),
                problem("PageSize", not_a(Expected::Int32, "ten")),
                problem("Share", not_a(Expected::Boolean, "yes")),
                problem("Imageids", Violation::Unknown { nearest: Some("ImageIds") }),
            ])
        );
    }
}
