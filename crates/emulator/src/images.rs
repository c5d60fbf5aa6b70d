//! The custom images the emulator starts with, and what can be done to them.

use crate::journal::Effect;
use serde::Serialize;

/// A custom image with every field that `ListCustomImages` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields are the vendor's, described in the document of ListCustomImages")]
pub struct Image {
    pub image_id: String,
    pub name: String,
    pub description: String,
    pub region_id: String,
    pub status: String,
    pub in_share: bool,
    pub in_share_user: bool,
    pub creation_time: String,
    pub instance_id: String,
    pub instance_name: String,
    pub system_snapshot_id: String,
    pub system_snapshot_name: String,
    pub data_snapshot_id: String,
    pub data_snapshot_name: String,
    pub resource_group_id: String,
    pub create_instances: Vec<String>,
    pub user_id: i64,
    pub os_type: String,
    pub required_system_disk_size: i32,
    pub required_data_disk_size: i32,
    pub source_image_name: String,
    pub source_image_version: String,
    pub tags: Vec<Tag>,
}

/// A tag of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "the fields are the vendor's")]
pub struct Tag {
    pub key: String,
    pub value: String,
}

/// Region, id, name, whether shared to ECS, whether shared to other accounts, status. An id is what the images of a
/// region have in common, as in the vendor's examples, and four digits.
const SEEDS: [Seed<'static>; 11] = [
    ("cn-hangzhou", "m-bp1e79zktg26n2b0001", "web-frontend", false, false, "1"),
    ("cn-hangzhou", "m-bp1e79zktg26n2b0002", "web-frontend-shared", true, false, "1"),
    ("cn-hangzhou", "m-bp1e79zktg26n2b0003", "order-service", false, true, "1"),
    ("cn-hangzhou", "m-bp1e79zktg26n2b0004", "nightly-build", false, false, "4"),
    ("cn-shanghai", "m-uf6a2kq8x0c5d1f0001", "mail-relay", false, false, "1"),
    ("cn-beijing", "m-2zehv38jjmwva1e0001", "reporting", false, false, "1"),
    ("cn-beijing", "m-2zehv38jjmwva1e0002", "reporting-shared", true, false, "1"),
    ("cn-hongkong", "m-j6c4r7m1p9s3t8v0001", "vpn-gateway", false, false, "1"),
    ("ap-southeast-1", "m-t4n5b8d2g7h0k3w0001", "staging", false, false, "1"),
    ("ap-southeast-1", "m-t4n5b8d2g7h0k3w0002", "staging-shared", true, true, "1"),
    ("us-west-1", "m-rj9c3e6f1l5q0u20001", "edge-cache", false, false, "1"),
];

/// All images of the one account.
#[derive(Clone, Debug)]
pub(crate) struct Images {
    all: Vec<Image>,
    /// The image that was shared or unshared last, as it was before.
    before: Option<Image>,
}

/// How many further images there may be: what four digits hold above those of the table.
pub const MORE_IMAGES: u16 = 9_000;

impl Images {
    /// The images of the table, and as many more in its first region, at most [`MORE_IMAGES`]: not shared, with numbers from
    /// 1000 on.
    pub(crate) fn with_more(more: u16) -> Self {
        let (region, pattern, ..) = SEEDS[0];
        let prefix = pattern.trim_end_matches("0001");
        let further = (0..more.min(MORE_IMAGES)).map(|number| format!("{prefix}{}", 1000 + number));
        let table = SEEDS.iter().enumerate().map(|(index, seed)| seeded(index, seed));
        let further = further
            .enumerate()
            .map(|(index, id)| seeded(SEEDS.len() + index, &(region, id.as_str(), "one-of-many", false, false, "1")));
        Self { all: table.chain(further).collect(), before: None }
    }

    pub(crate) fn all(&self) -> &[Image] {
        &self.all
    }

    /// As a list shows them that lags behind.
    pub(crate) fn lagging(&self) -> Self {
        let mut lagging = self.clone();
        for image in &mut lagging.all {
            if let Some(before) = self.before.as_ref().filter(|before| before.image_id == image.image_id) {
                image.clone_from(before);
            }
        }
        lagging
    }

    pub(crate) fn in_region(&self, region: &str) -> impl Iterator<Item = &Image> {
        self.all.iter().filter(move |image| image.region_id == region)
    }

    pub(crate) fn find(&self, region: &str, id: &str) -> Option<&Image> {
        self.in_region(region).find(|image| image.image_id == id)
    }

    /// Shares or unshares; no effect where the image already is what it should be, or is unknown.
    pub(crate) fn set_share(&mut self, region: &str, id: &str, in_share: bool) -> Option<Effect> {
        let image = self.all.iter_mut().find(|image| image.region_id == region && image.image_id == id)?;
        if image.in_share != in_share {
            self.before = Some(image.clone());
        }
        let from = core::mem::replace(&mut image.in_share, in_share);
        (from != in_share).then(|| Effect { image: id.to_owned(), from, to: Some(in_share) })
    }

    pub(crate) fn delete(&mut self, region: &str, id: &str) -> Option<Effect> {
        let index = self.all.iter().position(|image| image.region_id == region && image.image_id == id)?;
        let from = self.all.remove(index).in_share;
        Some(Effect { image: id.to_owned(), from, to: None })
    }
}

type Seed<'a> = (&'a str, &'a str, &'a str, bool, bool, &'a str);

fn seeded(index: usize, &(region, id, name, in_share, in_share_user, status): &Seed<'_>) -> Image {
    let number = index + 1;
    let windows = name.starts_with("reporting");
    // An image has a data disk in it only where its server had one.
    let data_disk = windows || name == "order-service";
    let snapshot =
        |disk: &str, digit: u8| (format!("s-{}{digit}", id.trim_start_matches("m-")), format!("{name} {disk} disk"));
    let (system_snapshot_id, system_snapshot_name) = snapshot("system", 0);
    let (data_snapshot_id, data_snapshot_name) = if data_disk { snapshot("data", 1) } else { Default::default() };
    Image {
        image_id: id.to_owned(),
        name: name.to_owned(),
        description: format!("{name}, ready to be installed again"),
        region_id: region.to_owned(),
        status: status.to_owned(),
        in_share,
        in_share_user,
        creation_time: format!("2022-10-{:02}T02:28:06Z", 1 + index % 31),
        instance_id: format!("2d06ee0520b44de1ae88d4be{number:08x}"),
        instance_name: format!("swas-{name}"),
        system_snapshot_id,
        system_snapshot_name,
        data_snapshot_id,
        data_snapshot_name,
        resource_group_id: "rg-acfm2h2lvp3ublq".to_owned(),
        create_instances: if in_share { vec![format!("9ffb716db6ae406ca78a476c{number:08x}")] } else { Vec::new() },
        user_id: 1_234_567_890_123_456,
        os_type: if windows { "Windows" } else { "Linux" }.to_owned(),
        required_system_disk_size: 20,
        required_data_disk_size: if data_disk { 40 } else { 0 },
        source_image_name: if windows { "Windows Server" } else { "CentOS" }.to_owned(),
        source_image_version: if windows { "2022" } else { "8.0" }.to_owned(),
        tags: vec![Tag { key: "team".to_owned(), value: if number % 2 == 1 { "red" } else { "blue" }.to_owned() }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_images_are_like_the_others() {
        let images = Images::with_more(40);
        let further: Vec<&Image> = images.all().iter().skip(SEEDS.len()).collect();
        let ids = |index: usize| (further[index].image_id.as_str(), further[index].creation_time.as_str());
        assert_eq!(ids(0), ("m-bp1e79zktg26n2b1000", "2022-10-12T02:28:06Z"));
        assert_eq!(ids(39), ("m-bp1e79zktg26n2b1039", "2022-10-20T02:28:06Z"));
        assert!(further.iter().all(|image| image.region_id == "cn-hangzhou" && !image.in_share));
        assert_eq!(further.len(), 40);
        assert_eq!(Images::with_more(u16::MAX).all().len(), SEEDS.len() + usize::from(MORE_IMAGES));
    }
}
