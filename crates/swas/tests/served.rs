//! What the overlay says, as the crates that decide and ask read it.

use acs_rpc::Effect;
use swas::{ENDPOINTS, FilterForm, SERVED, Text};

macro_rules! tests {
    ($($name:ident $body:block)*) => {$(
        #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
        #[cfg_attr(not(target_arch = "wasm32"), test)]
        fn $name() $body
    )*};
}

tests! {
    operations_are_found_by_their_exact_name {
        let names: Vec<_> = SERVED.iter().map(|served| served.operation.name).collect();
        assert_eq!(names, ["ModifyImageShareStatus", "ListCustomImages", "ListRegions", "DeleteCustomImage"]);
        for name in names {
            assert_eq!(swas::operation(name).map(|served| served.operation.name), Some(name));
        }
        assert!(swas::operation("modifyimagesharestatus").is_none());
        assert!(swas::operation("RebootInstance").is_none());
    }

    every_region_has_its_own_host {
        assert_eq!(ENDPOINTS.len(), 27);
        for endpoint in ENDPOINTS {
            assert_eq!(endpoint.host, format!("swas.{}.aliyuncs.com", endpoint.region));
            assert_eq!(swas::endpoint(endpoint.region), Some(endpoint.host));
        }
        assert_eq!(swas::endpoint("cn-atlantis"), None);
    }

    effects_are_the_overlays_and_not_the_documents {
        let writes: Vec<_> =
            SERVED.iter().filter(|served| served.effect == Effect::Write).map(|served| served.operation.name).collect();
        assert_eq!(writes, ["ModifyImageShareStatus", "DeleteCustomImage"]);
        for served in SERVED {
            let write = served.effect == Effect::Write;
            assert_eq!(served.client_token.is_some(), write, "a write can be repeated harmlessly");
            assert_eq!(served.listing.is_some(), !write, "a read has rows");
        }
    }

    words_name_parameters_that_exist {
        let words: Vec<_> = SERVED.iter().flat_map(|served| served.words).map(|word| word.word).collect();
        assert_eq!(words, ["share", "unshare", "images", "regions"]);
        let share = swas::operation("ModifyImageShareStatus").expect("served");
        for word in share.words {
            assert_eq!(word.arguments, ["ImageId", "RegionId"]);
            assert!(!word.summary.en.is_empty() && !word.summary.zh.is_empty());
        }
        assert!(swas::operation("DeleteCustomImage").expect("served").words.is_empty());
    }

    only_taking_back_is_risky_and_deleting_always {
        let share = swas::operation("ModifyImageShareStatus").expect("served");
        let with = |operation: &'static str| move |name: &str| (name == "Operation").then_some(operation);
        assert!(share.risk(with("Share")).is_none());
        assert!(share.risk(|_| None).is_none());
        let risk = share.risk(with("UnShare")).expect("a risk");
        assert_eq!(risk.consequences.len(), 2);
        let delete = swas::operation("DeleteCustomImage").expect("served");
        assert!(delete.risk(|_| None).is_some_and(|risk| risk.when.is_none()));
    }

    the_effect_of_sharing_can_be_seen {
        let share = swas::operation("ModifyImageShareStatus").expect("served");
        let observation = share.observation.expect("an observation");
        let read = swas::operation(observation.operation).expect("served");
        assert_eq!(read.effect, Effect::Read);
        assert!(read.operation.parameter(observation.filter).is_some());
        assert_eq!(observation.filter_form, FilterForm::JsonArray);
        assert_eq!(observation.expected, [("Share", "true"), ("UnShare", "false")]);
    }

    states_of_images_have_words {
        let listing = swas::operation("ListCustomImages").and_then(|served| served.listing).expect("a listing");
        assert_eq!(listing.title("Status", "1"), Some(Text { en: "available", zh: "可用" }));
        assert_eq!(listing.title("Status", "9"), None);
        assert_eq!(listing.title("InShare", "1"), None);
    }
}
