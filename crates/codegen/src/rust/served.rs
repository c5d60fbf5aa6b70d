//! What the overlay says, as statics of the types in the crate's hand-written `serving` module.

use super::option;
use crate::{ApiDocument, Effect, ListingSpec, ObservationSpec, Overlay, ServedSpec, Shape, TextSpec, prose::visible};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

pub(super) fn render(document: &ApiDocument, overlay: &Overlay, modules: &[Ident]) -> TokenStream {
    let served = overlay.served.iter().filter_map(|served| {
        let place = document.operations.iter().position(|operation| operation.name == served.operation)?;
        Some(served_operation(document, served, modules.get(place)?))
    });
    let errors = overlay.errors.iter().map(|(code, explained)| {
        let explained = text(explained);
        quote!((#code, #explained))
    });
    quote! {
        //! The served operations.

        /// The served operations, in the overlay's order.
        pub static SERVED: &[crate::Served] = &[#(#served),*];

        /// What error codes mean and what to do.
        pub static ERRORS: &[(&str, crate::Text)] = &[#(#errors),*];
    }
}

fn served_operation(document: &ApiDocument, served: &ServedSpec, module: &Ident) -> TokenStream {
    let effect = match served.effect {
        Effect::Read => quote!(::acs_rpc::Effect::Read),
        Effect::Write => quote!(::acs_rpc::Effect::Write),
    };
    let subject = option(served.subject.as_ref().map(|subject| quote!(#subject)));
    let client_token = option(served.client_token.as_ref().map(|token| quote!(#token)));
    let operation = document.operation(&served.operation).map_or("", |operation| operation.summary.as_str());
    let document_summary = TextSpec { en: visible(operation), zh: visible(operation) };
    let summary = text(served.summary.as_ref().unwrap_or(&document_summary));
    let words = served.words.iter().map(|word| {
        let (name, arguments, summary) = (&word.word, &word.arguments, text(&word.summary));
        let (fixed, in_english) = (pairs(&word.fixed), pairs(&word.in_english));
        quote! {
            crate::Word {
                word: #name,
                fixed: #fixed,
                in_english: #in_english,
                arguments: &[#(#arguments),*],
                summary: #summary,
            }
        }
    });
    let risks = served.risks.iter().map(|risk| {
        let when = option(risk.when.as_ref().map(|(parameter, value)| quote!((#parameter, #value))));
        let consequences = risk.consequences.iter().map(text);
        quote!(crate::Risk { when: #when, consequences: &[#(#consequences),*] })
    });
    let listing = option(served.listing.as_ref().map(|listing| self::listing(document, served, listing)));
    let observation = option(served.observation.as_ref().map(observation));
    let (action, level, resource) = (&served.ram.action, &served.ram.level, &served.ram.resource);
    quote! {
        crate::Served {
            operation: &super::#module::OPERATION,
            effect: #effect,
            subject: #subject,
            client_token: #client_token,
            summary: #summary,
            words: &[#(#words),*],
            risks: &[#(#risks),*],
            listing: #listing,
            observation: #observation,
            ram: crate::Ram { action: #action, level: #level, resource: #resource },
        }
    }
}

fn listing(document: &ApiDocument, served: &ServedSpec, listing: &ListingSpec) -> TokenStream {
    let (items, columns) = (&listing.items, &listing.columns);
    let row = document
        .operation(&served.operation)
        .and_then(|operation| operation.response.as_ref())
        .and_then(|answer| field(document, answer, items))
        .map(|rows| document.resolve(rows));
    let row = row.and_then(|rows| match &rows.shape {
        Shape::Array(row) => Some(&**row),
        _ => None,
    });
    let titles = columns.iter().flat_map(|column| {
        let titles = row.and_then(|row| field(document, row, column)).map(|schema| schema.titles.as_slice());
        titles.unwrap_or_default().iter().filter_map(move |title| {
            let (value, en, zh) = (&title.value, &title.title, title.title_zh.as_ref()?);
            Some(quote!(crate::ValueTitle { column: #column, value: #value, title: crate::Text { en: #en, zh: #zh } }))
        })
    });
    quote!(crate::Listing { items: #items, columns: &[#(#columns),*], titles: &[#(#titles),*] })
}

fn field<'d>(document: &'d ApiDocument, schema: &'d crate::SchemaSpec, name: &str) -> Option<&'d crate::SchemaSpec> {
    match &document.resolve(schema).shape {
        Shape::Object(properties) => properties.iter().find_map(|(n, schema)| (n == name).then_some(schema)),
        _ => None,
    }
}

fn observation(observation: &ObservationSpec) -> TokenStream {
    let ObservationSpec { operation, carried, filter, items, key, field, parameter, .. } = observation;
    let form = if observation.filter_is_json_array {
        quote!(crate::FilterForm::JsonArray)
    } else {
        quote!(crate::FilterForm::Plain)
    };
    let expected = pairs(&observation.expected);
    quote! {
        crate::Observation {
            operation: #operation,
            carried: &[#(#carried),*],
            filter: #filter,
            filter_form: #form,
            items: #items,
            key: #key,
            field: #field,
            parameter: #parameter,
            expected: #expected,
        }
    }
}

fn text(text: &TextSpec) -> TokenStream {
    let TextSpec { en, zh } = text;
    quote!(crate::Text { en: #en, zh: #zh })
}

fn pairs(pairs: &[(String, String)]) -> TokenStream {
    let pairs = pairs.iter().map(|(name, value)| quote!((#name, #value)));
    quote!(&[#(#pairs),*])
}
