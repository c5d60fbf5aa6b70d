//! What people and the emulator read about the operations, and that it stands where it belongs.

use acs_rpc::{Kind, Prose, Schema};
use swas::{OPERATIONS, REFERENCES};

macro_rules! tests {
    ($($name:ident $body:block)*) => {$(
        #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
        #[cfg_attr(not(target_arch = "wasm32"), test)]
        fn $name() $body
    )*};
}

fn fits(prose: &Prose, schema: &Schema) -> bool {
    match schema.kind {
        Kind::Array(inner) | Kind::Map(inner) => matches!(prose.inside, [only] if fits(only, inner)),
        Kind::Object(properties) => {
            let mut pairs = prose.inside.iter().zip(properties);
            prose.inside.len() == properties.len() && pairs.all(|(prose, property)| fits(prose, &property.schema))
        }
        _ => prose.inside.is_empty(),
    }
}

tests! {
    references_are_found_by_their_exact_name {
        let names: Vec<_> = REFERENCES.iter().map(|reference| reference.operation.name).collect();
        assert_eq!(names, ["ModifyImageShareStatus", "ListRegions", "ListCustomImages", "DeleteCustomImage"]);
        for (reference, operation) in REFERENCES.iter().zip(OPERATIONS) {
            assert!(core::ptr::eq(reference.operation, *operation));
            assert!(swas::reference(operation.name).is_some_and(|found| core::ptr::eq(found, *reference)));
        }
        assert!(swas::reference("listregions").is_none());
    }

    prose_is_laid_out_as_the_tables_are {
        for reference in REFERENCES {
            let operation = reference.operation;
            assert_eq!(reference.parameters.len(), operation.parameters.len());
            assert_eq!(reference.messages.len(), operation.errors.len());
            for (prose, parameter) in reference.parameters.iter().zip(operation.parameters) {
                assert!(fits(prose, &parameter.schema), "{}.{}", operation.name, parameter.name);
            }
            let answer = reference.response.as_ref().expect("an answer");
            assert!(fits(&answer.prose, &answer.schema), "{}", operation.name);
        }
    }

    what_is_written_belongs_to_its_item {
        let list = swas::reference("ListCustomImages").expect("an operation of the document");
        let tag = list.operation.parameters.iter().position(|parameter| parameter.name == "Tag").expect("a parameter");
        let [item] = list.parameters[tag].inside else { panic!("no list") };
        let examples: Vec<_> = item.inside.iter().map(|field| field.example).collect();
        assert_eq!(examples, ["TestKey", "TestValue"]);

        let delete = swas::reference("DeleteCustomImage").expect("an operation of the document");
        let errors: Vec<_> = delete.errors().map(|(error, text)| (error.status, error.code, text)).collect();
        assert_eq!(
            errors,
            [
                (400, "CustomImageInShare", "The custom image is being shared. Please disable sharing first and then delete it."),
                (404, "InvalidImageId.NotFound", "The specified ImageId does not exist."),
                (500, "InternalError", "An error occurred while processing your request."),
            ]
        );
    }
}
