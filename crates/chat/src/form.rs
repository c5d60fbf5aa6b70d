use alloc::{borrow::Cow, vec::Vec};

use crate::Refusal;

/// The fields of a form. A field we read must not stand there twice: two readers could take different ones.
pub(crate) struct Form<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Form<'a> {
    pub(crate) fn read(body: &'a [u8]) -> Self {
        Self(form_urlencoded::parse(body).collect())
    }

    pub(crate) fn value(&self, name: &'static str) -> Result<Option<&str>, Refusal> {
        let mut values = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| &**value);
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            _ => Err(Refusal::MalformedBody(name)),
        }
    }

    pub(crate) fn required(&self, name: &'static str) -> Result<&str, Refusal> {
        self.value(name)?.ok_or(Refusal::MalformedBody(name))
    }
}

impl FromIterator<(alloc::string::String, alloc::string::String)> for Form<'_> {
    fn from_iter<T: IntoIterator<Item = (alloc::string::String, alloc::string::String)>>(fields: T) -> Self {
        Self(fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}
