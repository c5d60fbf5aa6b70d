//! Documents and operations against each other.

use super::{
    ChangeKind, SpecDiff,
    comparison::{Comparison, Flow, Read},
    schema::words,
    spot::{Both, Spot, by_name, matched},
};
use crate::{OperationSpec, ParameterSpec};
use acs_rpc::Style;
use serde_json::{Value, json};

/// Members of the document that are compared as they stand.
const DOCUMENT_KEYS: &[(&str, ChangeKind)] = &[
    ("directories", ChangeKind::TextChanged),
    ("changeSet", ChangeKind::TextChanged),
    ("flowControl", ChangeKind::FlowControlChanged),
    ("ram", ChangeKind::AccessChanged),
];

/// Members of the document that are taken apart.
const DOCUMENT_PARTS: &[&str] = &["info", "components", "apis", "endpoints", "errorCodes"];

const INFO_KEYS: &[(&str, ChangeKind)] = &[
    ("product", ChangeKind::ProductChanged),
    ("version", ChangeKind::ProductChanged),
    ("title", ChangeKind::TextChanged),
    ("description", ChangeKind::TextChanged),
];

const ENDPOINT_KEYS: &[(&str, ChangeKind)] = &[
    ("endpoint", ChangeKind::EndpointChanged),
    ("public", ChangeKind::EndpointChanged),
    ("vpc", ChangeKind::EndpointChanged),
    ("regionName", ChangeKind::TextChanged),
    ("areaId", ChangeKind::TextChanged),
    ("areaName", ChangeKind::TextChanged),
];

const OPERATION_KEYS: &[(&str, ChangeKind)] = &[
    ("title", ChangeKind::TextChanged),
    ("summary", ChangeKind::TextChanged),
    ("description", ChangeKind::TextChanged),
    ("requestParamsDescription", ChangeKind::TextChanged),
    ("responseParamsDescription", ChangeKind::TextChanged),
    ("extraInfo", ChangeKind::TextChanged),
    ("translator", ChangeKind::TextChanged),
    ("changeSet", ChangeKind::TextChanged),
    ("tags", ChangeKind::TextChanged),
    ("responseDemo", ChangeKind::ExampleChanged),
    ("security", ChangeKind::SecurityChanged),
    ("operationType", ChangeKind::EffectChanged),
    ("flowControl", ChangeKind::FlowControlChanged),
    ("ramActions", ChangeKind::AccessChanged),
];

const OPERATION_PARTS: &[&str] = &[
    "methods",
    "schemes",
    "path",
    "consumes",
    "produces",
    "deprecated",
    "systemTags",
    "parameters",
    "responses",
    "errorCodes",
];

/// Labels of effect, and marks of the vendor's own catalogue and tests.
const TAG_KEYS: &[(&str, ChangeKind)] = &[
    ("operationType", ChangeKind::EffectChanged),
    ("riskType", ChangeKind::EffectChanged),
    ("chargeType", ChangeKind::EffectChanged),
    ("tenantRelevance", ChangeKind::EffectChanged),
    ("abilityTreeCode", ChangeKind::TextChanged),
    ("abilityTreeNodes", ChangeKind::TextChanged),
    ("autoTest", ChangeKind::TextChanged),
    ("notSupportAutoTestReason", ChangeKind::TextChanged),
];

const ERROR_KEYS: &[(&str, ChangeKind)] = &[
    ("errorMessage", ChangeKind::TextChanged),
    ("message", ChangeKind::TextChanged),
    ("description", ChangeKind::TextChanged),
];

const RESPONSE_KEYS: &[(&str, ChangeKind)] =
    &[("description", ChangeKind::TextChanged), ("examples", ChangeKind::ExampleChanged)];

pub(super) fn compare(old: &Read, new: &Read) -> SpecDiff {
    let mut comparison = Comparison::of(old, new);
    comparison.document();
    comparison.finish()
}

impl<'d> Comparison<'d> {
    fn document(&mut self) {
        let root = Both { old: self.old.root.clone(), new: self.new.root.clone(), place: String::new() };
        self.members(&root, DOCUMENT_KEYS, DOCUMENT_PARTS);
        if let Some(info) = root.part("info") {
            // The style is RPC in both, in whatever case.
            self.members(&info, INFO_KEYS, &["style"]);
        }
        self.endpoints(&root);
        let listed = |errors: Option<Spot<'d>>| {
            let errors = errors.map(|errors| errors.items()).unwrap_or_default();
            errors
                .into_iter()
                .map(|error| (format!("{} {}", error.text("http_code"), error.text("code")), error))
                .collect()
        };
        let (old, new) = root.member("errorCodes");
        self.errors(listed(old), listed(new), &["code", "http_code"]);
        self.operations(&root);
        self.queued();
        self.unused_schemas();
    }

    fn endpoints(&mut self, root: &Both<'d>) {
        let listed = |endpoints: Option<Spot<'d>>| {
            let endpoints = endpoints.map(|endpoints| endpoints.items()).unwrap_or_default();
            endpoints.into_iter().map(|endpoint| (endpoint.text("regionId"), endpoint)).collect()
        };
        let host = |endpoint: &Spot<'_>| {
            let host = endpoint.text("endpoint");
            json!(if host.is_empty() { endpoint.text("public") } else { host })
        };
        let (old, new) = root.member("endpoints");
        for pair in matched(listed(old), listed(new)) {
            match pair {
                (Some((region, old)), None) => {
                    self.say(ChangeKind::EndpointRemoved, &region, &old.at, Some(host(&old)), None);
                }
                (None, Some((region, new))) => {
                    self.say(ChangeKind::EndpointAdded, &region, &new.at, None, Some(host(&new)));
                }
                (Some((_, old)), Some((place, new))) => {
                    self.members(&Both { old, new, place }, ENDPOINT_KEYS, &["regionId"]);
                }
                (None, None) => {}
            }
        }
    }

    fn operations(&mut self, root: &Both<'d>) {
        let Some(apis) = root.part("apis") else { return };
        for pair in by_name(apis.old.members(), apis.new.members()) {
            let names = [&pair.0, &pair.1].into_iter().flatten().map(|(name, _)| (*name).to_owned());
            let mut operations: Vec<String> = names.collect();
            operations.dedup();
            self.enter(operations);
            match pair {
                (Some((name, old)), None) => {
                    self.say(ChangeKind::OperationRemoved, "", &old.at, Some(json!(name)), None);
                }
                (None, Some((name, new))) => {
                    self.say(ChangeKind::OperationAdded, "", &new.at, None, Some(json!(name)));
                }
                (Some((was, old)), Some((is, new))) => {
                    self.renamed(ChangeKind::OperationRenamed, "", was, is, &new);
                    let models = self.old.model.operation(was).zip(self.new.model.operation(is));
                    if let Some(models) = models {
                        self.operation(&Both { old, new, place: String::new() }, models);
                    }
                }
                (None, None) => {}
            }
        }
    }

    fn operation(&mut self, both: &Both<'d>, models: (&OperationSpec, &OperationSpec)) {
        self.members(both, OPERATION_KEYS, OPERATION_PARTS);
        self.plain_list(both, "methods", ChangeKind::MethodRemoved, ChangeKind::MethodAdded);
        self.plain_list(both, "schemes", ChangeKind::SchemeRemoved, ChangeKind::SchemeAdded);
        self.flag(both, "deprecated", ChangeKind::DeprecationChanged);
        if models.0.path != models.1.path {
            let (old, new) = both.member("path");
            self.spots(ChangeKind::PathChanged, "", old.as_ref(), new.as_ref());
        }
        // A body that comes or goes is a parameter.
        let sent = models.0.body_type.as_ref().zip(models.1.body_type.as_ref()).is_some_and(|(was, is)| was != is);
        self.media_types(both, "consumes", sent);
        self.media_types(both, "produces", models.0.xml_type != models.1.xml_type);
        if let Some(tags) = both.part("systemTags") {
            self.members(&tags, TAG_KEYS, &[]);
        }
        self.parameters(both, models);
        self.responses(both);
        let listed = |errors: Option<Spot<'d>>| {
            let statuses = errors.map(|errors| errors.members()).unwrap_or_default();
            let errors = statuses.into_iter().flat_map(|(status, errors)| {
                let errors = errors.items().into_iter();
                errors.map(move |error| (format!("{status} {}", error.text("errorCode").trim()), error))
            });
            errors.collect()
        };
        let (old, new) = both.member("errorCodes");
        self.errors(listed(old), listed(new), &["errorCode"]);
    }

    fn media_types(&mut self, both: &Both<'d>, key: &str, matters: bool) {
        let (old, new) = both.member(key);
        if matters {
            self.spots(ChangeKind::MediaTypeChanged, "", old.as_ref(), new.as_ref());
        } else {
            self.leaves(ChangeKind::OtherChanged, "", old, new);
        }
    }

    fn parameters(&mut self, both: &Both<'d>, models: (&OperationSpec, &OperationSpec)) {
        let listed = |parameters: Option<Spot<'d>>| {
            let parameters = parameters.map(|parameters| parameters.items()).unwrap_or_default();
            let named = parameters.into_iter();
            named.filter_map(|spot| Some((spot.value.get("name")?.as_str()?, spot))).collect::<Vec<_>>()
        };
        let (old, new) = both.member("parameters");
        for pair in by_name(listed(old), listed(new)) {
            match pair {
                (Some((name, old)), None) => {
                    let was = Some(parameter_words(&old));
                    self.say(ChangeKind::ParameterRemoved, name, &old.at, was, None);
                }
                (None, Some((name, new))) => {
                    let required = new.member("schema").is_some_and(|schema| self.is_demanded(&schema));
                    let kind = if required { ChangeKind::RequiredParameterAdded } else { ChangeKind::ParameterAdded };
                    self.say(kind, name, &new.at, None, Some(parameter_words(&new)));
                }
                (Some((was, old)), Some((is, new))) => {
                    let place = is.to_owned();
                    self.renamed(ChangeKind::ParameterRenamed, &place, was, is, &new);
                    let models = models.0.parameter(was).zip(models.1.parameter(is));
                    if let Some(models) = models {
                        self.parameter(&Both { old, new, place }, models);
                    }
                }
                (None, None) => {}
            }
        }
    }

    fn parameter(&mut self, both: &Both<'d>, models: (&ParameterSpec, &ParameterSpec)) {
        const KEYS: &[(&str, ChangeKind)] =
            &[("in", ChangeKind::PositionChanged), ("examples", ChangeKind::ExampleChanged)];
        self.members(both, KEYS, &["name", "style", "allowEmptyValue", "schema"]);
        // At another place the same style may mean another; then the place has changed.
        let moved = models.0.position != models.1.position && both.old.text("style") == both.new.text("style");
        if models.0.style != models.1.style && !moved {
            let (was, is) = (style_words(models.0.style), style_words(models.1.style));
            self.say(ChangeKind::StyleChanged, &both.place, &both.new.at, Some(was), Some(is));
        }
        self.permission(both, "allowEmptyValue");
        if let Some(schema) = both.part("schema") {
            self.schema(&schema);
        }
    }

    fn responses(&mut self, both: &Both<'d>) {
        let Some(responses) = both.part("responses") else { return };
        for pair in matched(responses.old.members(), responses.new.members()) {
            let ((Some((status, _)), _) | (_, Some((status, _)))) = &pair else { continue };
            let status = *status;
            let good = status.starts_with('2');
            let place = if status == "200" { "answer".to_owned() } else { format!("answer {status}") };
            let (gone, came) = if good {
                (ChangeKind::AnswerRemoved, ChangeKind::AnswerAdded)
            } else {
                (ChangeKind::ErrorRemoved, ChangeKind::ErrorAdded)
            };
            self.flow = if good { Flow::Answer } else { Flow::ErrorAnswer };
            match pair {
                (Some((_, old)), None) => self.say(gone, &place, &old.at, Some(json!(status)), None),
                (None, Some((_, new))) => self.say(came, &place, &new.at, None, Some(json!(status))),
                (Some((_, old)), Some((_, new))) => self.response(&Both { old, new, place }),
                (None, None) => {}
            }
        }
        self.flow = Flow::Request;
    }

    fn response(&mut self, both: &Both<'d>) {
        self.members(both, RESPONSE_KEYS, &["schema"]);
        match both.member("schema") {
            (Some(old), None) => {
                self.say(ChangeKind::AnswerRemoved, &both.place, &old.at, Some(words(&old)), None);
            }
            (None, Some(new)) => {
                self.say(ChangeKind::AnswerAdded, &both.place, &new.at, None, Some(words(&new)));
            }
            (Some(old), Some(new)) => self.schema(&Both { old, new, place: both.place.clone() }),
            (None, None) => {}
        }
    }

    fn errors(&mut self, old: Vec<(String, Spot<'d>)>, new: Vec<(String, Spot<'d>)>, key: &[&str]) {
        for pair in matched(old, new) {
            match pair {
                (Some((error, old)), None) => {
                    self.say(ChangeKind::ErrorRemoved, "", &old.at, Some(json!(error)), None);
                }
                (None, Some((error, new))) => {
                    self.say(ChangeKind::ErrorAdded, "", &new.at, None, Some(json!(error)));
                }
                (Some((_, old)), Some((error, new))) => {
                    self.members(&Both { old, new, place: format!("error {error}") }, ERROR_KEYS, key);
                }
                (None, None) => {}
            }
        }
    }

    /// What is left of the named schemas once every operation has been followed.
    fn unused_schemas(&mut self) {
        let (used_before, used_now) = (self.old.used(), self.new.used());
        self.enter_nowhere();
        for name in self.old.schema_names() {
            let Some(old) = self.old.schema(name).cloned() else { continue };
            match self.new.schema(name).cloned() {
                Some(new) if self.has_seen(&old, &new) => {}
                Some(new) => self.enqueue(Both { old, new, place: format!("schema {name}") }),
                None if used_before.contains(name) => {}
                None => {
                    let was = Some(words(&old));
                    self.say(ChangeKind::UnusedSchemaChanged, &format!("schema {name}"), &old.at, was, None);
                }
            }
        }
        for name in self.new.schema_names().filter(|name| !used_now.contains(name)) {
            if let (Some(new), None) = (self.new.schema(name).cloned(), self.old.schema(name)) {
                let is = Some(words(&new));
                self.say(ChangeKind::UnusedSchemaChanged, &format!("schema {name}"), &new.at, None, is);
            }
        }
        self.queued();
    }
}

/// `query, string, required`.
fn parameter_words(parameter: &Spot<'_>) -> Value {
    let schema = parameter.member("schema");
    let words = schema.map(|schema| words(&schema)).unwrap_or_default();
    json!(format!("{}, {}", parameter.text("in"), words.as_str().unwrap_or_default()))
}

fn style_words(style: Style) -> Value {
    json!(match style {
        Style::Plain => "plain",
        Style::RepeatList => "repeatList",
        Style::Flat => "flat",
        Style::Json => "json",
        Style::Simple => "simple",
    })
}
