//! What the overlay says about the operations this product serves: the shapes the generator fills.
//!
//! Everything is data, so that a served operation needs no code of its own: the chat grammar, the help, the policy, the
//! confirmation and the check afterwards all read these tables.

use acs_rpc::{Effect, Operation};

/// One served operation.
#[derive(Debug)]
pub struct Served {
    /// The document's side: parameters, answer, errors.
    pub operation: &'static Operation,
    /// Whether it changes something; decided by a person in the overlay, never read from the document.
    pub effect: Effect,
    /// The parameter naming the thing acted on, `ImageId`; `None` where there is no such thing.
    pub subject: Option<&'static str>,
    /// The parameter that makes a repetition harmless, `ClientToken`; `None` where a repetition acts again.
    pub client_token: Option<&'static str>,
    /// One line for the help, where it has no words.
    pub summary: Text,
    /// Its words in the chat. Empty: only `<OperationName> Name=Value …` reaches it.
    pub words: &'static [Word],
    /// What should be confirmed before it is sent.
    pub risks: &'static [Risk],
    /// How its answer reads as a table; only reads have one.
    pub listing: Option<Listing>,
    /// How to see afterwards whether a write has taken effect.
    pub observation: Option<Observation>,
    /// What the vendor's access control asks for.
    pub ram: Ram,
}

impl Served {
    /// The risk these parameters run, if any: the first whose condition they meet. `value` looks a parameter up by its
    /// wire name.
    pub fn risk<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> Option<&'static Risk> {
        self.risks.iter().find(|risk| match risk.when {
            None => true,
            Some((parameter, risky)) => value(parameter) == Some(risky),
        })
    }
}

/// A word of the chat that stands for an operation: `share <ImageId> [RegionId]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word, lower case, unique over all served operations.
    pub word: &'static str,
    /// Parameters the word itself decides: wire name and value.
    pub fixed: &'static [(&'static str, &'static str)],
    /// The same, only for who is answered in English.
    pub in_english: &'static [(&'static str, &'static str)],
    /// Wire names of the parameters that follow the word, in order. Which of them must be given the operation's table
    /// says, and the configuration's default region.
    pub arguments: &'static [&'static str],
    /// One line for the help.
    pub summary: Text,
}

/// One phrase in the languages people are answered in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// English.
    pub en: &'static str,
    /// Simplified Chinese.
    pub zh: &'static str,
}

/// Why somebody should say yes a second time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Risk {
    /// Only where this parameter has exactly this value; `None`: always.
    pub when: Option<(&'static str, &'static str)>,
    /// What will follow, a sentence each.
    pub consequences: &'static [Text],
}

/// How the answer of a read becomes rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The answer's field that holds the rows, `CustomImages`.
    pub items: &'static str,
    /// Fields of a row worth a column, in order.
    pub columns: &'static [&'static str],
    /// What single values of a column mean to people, where the value itself says little.
    pub titles: &'static [ValueTitle],
}

/// What one value of a column means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValueTitle {
    /// The column, `Status`.
    pub column: &'static str,
    /// The value, `1`.
    pub value: &'static str,
    /// In words, `available`.
    pub title: Text,
}

impl Listing {
    /// The words for a value of a column, where it has some.
    #[must_use]
    pub fn title(&self, column: &str, value: &str) -> Option<Text> {
        self.titles.iter().find_map(|title| (title.column == column && title.value == value).then_some(title.title))
    }
}

/// How to see the effect of a write: a read of the same thing and what it should say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The read to send, itself served.
    pub operation: &'static str,
    /// Parameters of the write that the read needs unchanged, `RegionId`.
    pub carried: &'static [&'static str],
    /// The read's parameter that narrows it to the subject, `ImageIds`.
    pub filter: &'static str,
    /// How the subject is written into the filter.
    pub filter_form: FilterForm,
    /// The answer's field that holds the rows, `CustomImages`.
    pub items: &'static str,
    /// The row's field equal to the subject, `ImageId`.
    pub key: &'static str,
    /// The row's field that shows the effect, `InShare`.
    pub field: &'static str,
    /// The write's parameter that decides what the field should say, `Operation`.
    pub parameter: &'static str,
    /// The value of that parameter, and the field's value as text once the write has taken effect.
    pub expected: &'static [(&'static str, &'static str)],
}

/// How one value is written into a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterForm {
    /// As it is.
    Plain,
    /// As a JSON array of one text: `["m-1"]`.
    JsonArray,
}

/// What the vendor's access control (RAM) asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ram {
    /// `swas-open:ModifyImageShareStatus`.
    pub action: &'static str,
    /// The vendor's access level: `get`, `list`, `update`, `delete` …
    pub level: &'static str,
    /// Resource name with the vendor's place holders: `acs:swas-open:{#regionId}:{#accountId}:customimage/{#ImageId}`.
    pub resource: &'static str,
}
