//! What the operations do: four of SWAS keep state, every other answers with its documented example.

use crate::{
    images::{Image, Images},
    journal::Effect,
    refusal::Refusal,
    regions::{self, Language},
};
use acs_rpc::{OperationReference, WireParameters};
use serde_json::{Map, Value, json};

/// The product that keeps state.
pub(crate) const SWAS: &str = "SWAS-OPEN";

/// An answer without its RequestId, and what the call changed.
pub(crate) type Outcome = (Map<String, Value>, Option<Effect>);

/// Executes a call whose parameters have been checked against the operation's table.
pub(crate) fn execute(
    images: &mut Images,
    reference: &OperationReference,
    parameters: &WireParameters,
) -> Result<Outcome, Refusal> {
    if reference.operation.product != SWAS {
        return Ok((example(reference), None));
    }
    match reference.operation.name {
        "ListRegions" => Ok((list_regions(parameters), None)),
        "ListCustomImages" => Ok((list_custom_images(images, parameters)?, None)),
        "ModifyImageShareStatus" => {
            let effect = modify_image_share_status(images, reference, parameters)?;
            Ok((Map::new(), effect))
        }
        "DeleteCustomImage" => {
            let effect = delete_custom_image(images, reference, parameters)?;
            Ok((Map::new(), effect))
        }
        _ => Ok((example(reference), None)),
    }
}

fn list_regions(parameters: &WireParameters) -> Map<String, Value> {
    let language = match given(parameters, "AcceptLanguage") {
        Some("en-US") => Language::English,
        _ => Language::Chinese,
    };
    let regions: Vec<Value> = swas::ENDPOINTS
        .iter()
        .map(|endpoint| {
            json!({
                "RegionId": endpoint.region,
                "RegionEndpoint": endpoint.host,
                "LocalName": regions::local_name(endpoint.region, language),
            })
        })
        .collect();
    Map::from_iter([("Regions".to_owned(), regions.into())])
}

fn list_custom_images(images: &Images, parameters: &WireParameters) -> Result<Map<String, Value>, Refusal> {
    let ids = texts(parameters, "ImageIds")?;
    let names = texts(parameters, "ImageNames")?;
    let shared = match given(parameters, "Share") {
        None => None,
        Some(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Some(text) if text.eq_ignore_ascii_case("false") => Some(false),
        Some(_) => return Err(Refusal::invalid_parameter("Share")),
    };
    let tags = tags(parameters);
    let page_size = count(parameters, "PageSize", 10)?;
    let page_number = count(parameters, "PageNumber", 1)?;
    let is = |name, field: &str| given(parameters, name).is_none_or(|wanted| wanted == field);
    let found: Vec<&Image> = images
        .in_region(given(parameters, "RegionId").unwrap_or_default())
        .filter(|image| ids.as_ref().is_none_or(|ids| ids.contains(&image.image_id)))
        .filter(|image| names.as_ref().is_none_or(|names| names.contains(&image.name)))
        .filter(|image| is("SystemSnapshotId", &image.system_snapshot_id))
        .filter(|image| is("DataSnapshotId", &image.data_snapshot_id))
        .filter(|image| is("InstanceId", &image.instance_id))
        .filter(|image| is("ResourceGroupId", &image.resource_group_id))
        // "Shared" is `InShare`, the only sharing these pages speak of; true leaves nothing out: shared images are
        // "included in the response", not the only ones.
        .filter(|image| shared != Some(false) || !image.in_share)
        .filter(|image| {
            tags.iter().all(|(key, value)| {
                image.tags.iter().any(|tag| tag.key == *key && value.is_none_or(|value| tag.value == value))
            })
        })
        .collect();
    let page: Vec<Value> = found
        .iter()
        .skip(page_size.saturating_mul(page_number - 1))
        .take(page_size)
        .map(|image| json!(image))
        .collect();
    Ok(Map::from_iter([
        ("TotalCount".to_owned(), found.len().to_string().into()),
        ("PageSize".to_owned(), page_size.to_string().into()),
        ("PageNumber".to_owned(), page_number.to_string().into()),
        ("CustomImages".to_owned(), page.into()),
    ]))
}

/// An image that already is what it should be: the vendor documents no answer. Ours is success without an effect.
fn modify_image_share_status(
    images: &mut Images,
    reference: &OperationReference,
    parameters: &WireParameters,
) -> Result<Option<Effect>, Refusal> {
    let share = match given(parameters, "Operation") {
        Some("Share") => true,
        Some("UnShare") => false,
        _ => return Err(declared(reference, "InvalidParam.OperationIllegal")),
    };
    let (region, id) = image_named(images, reference, parameters)?;
    Ok(images.set_share(region, id, share))
}

fn delete_custom_image(
    images: &mut Images,
    reference: &OperationReference,
    parameters: &WireParameters,
) -> Result<Option<Effect>, Refusal> {
    let (region, id) = image_named(images, reference, parameters)?;
    if images.find(region, id).is_some_and(|image| image.in_share) {
        return Err(declared(reference, "CustomImageInShare"));
    }
    Ok(images.delete(region, id))
}

fn image_named<'p>(
    images: &Images,
    reference: &OperationReference,
    parameters: &'p WireParameters,
) -> Result<(&'p str, &'p str), Refusal> {
    let region = given(parameters, "RegionId").unwrap_or_default();
    let id = given(parameters, "ImageId").unwrap_or_default();
    match images.find(region, id) {
        Some(_) => Ok((region, id)),
        None => Err(declared(reference, "InvalidImageId.NotFound")),
    }
}

/// An error in the status and words the operation declares it with.
fn declared(reference: &OperationReference, code: &str) -> Refusal {
    match reference.errors().find(|(error, _)| error.code == code) {
        Some((error, message)) => Refusal::new(error.status, error.code, message),
        None => Refusal::new(400, code, ""),
    }
}

/// The documented example, or nothing where there is none that is a JSON object.
fn example(reference: &OperationReference) -> Map<String, Value> {
    reference
        .examples
        .iter()
        .filter(|example| example.format == "json")
        .find_map(|example| serde_json::from_str(example.body).ok())
        .unwrap_or_default()
}

/// A parameter that says something: the vendor treats an empty value as an absent one.
fn given<'p>(parameters: &'p WireParameters, name: &str) -> Option<&'p str> {
    parameters.value(name).filter(|value| !value.is_empty())
}

fn texts(parameters: &WireParameters, name: &str) -> Result<Option<Vec<String>>, Refusal> {
    given(parameters, name)
        .map(|text| serde_json::from_str(text).map_err(|_| Refusal::invalid_parameter(name)))
        .transpose()
}

fn count(parameters: &WireParameters, name: &str, default: usize) -> Result<usize, Refusal> {
    match given(parameters, name).map(str::parse) {
        None => Ok(default),
        Some(Ok(count @ 1..)) => Ok(count),
        Some(_) => Err(Refusal::invalid_parameter(name)),
    }
}

/// `Tag.N.Key` with its `Tag.N.Value`, if that is given.
fn tags(parameters: &WireParameters) -> Vec<(&str, Option<&str>)> {
    parameters
        .iter()
        .filter_map(|(name, key)| {
            let number = name.strip_prefix("Tag.")?.strip_suffix(".Key")?;
            Some((key, given(parameters, &format!("Tag.{number}.Value"))))
        })
        .collect()
}
