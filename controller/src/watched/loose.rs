//! Values that cannot fail to be decoded: whatever is not what is looked for is read over, however deep or odd it is.

use firebreak_crds::INCIDENT_LABEL;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use std::{fmt, marker::PhantomData};

/// The longest text that is kept; nothing that is looked for is longer.
const LONGEST: usize = 512;
/// The most names that are kept of a list or a map.
const MOST: usize = 256;
/// The most structs that are kept of a list: an Incident has no more responses.
const LISTED: usize = 16;

/// What is looked for in a value of any type.
trait Taken: Sized + Default {
    fn text(_: &str) -> Self {
        Self::default()
    }
    fn number(_: Option<i64>) -> Self {
        Self::default()
    }
    fn list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
    fn map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
}

struct Any<T>(PhantomData<T>);

impl<'de, T: Taken> Visitor<'de> for Any<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(self, text: &str) -> Result<T, E> {
        Ok(T::text(text))
    }

    fn visit_i64<E>(self, number: i64) -> Result<T, E> {
        Ok(T::number(Some(number)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<T, E> {
        Ok(T::number(i64::try_from(number).ok()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<T, E> {
        Ok(T::number(None))
    }

    fn visit_bool<E>(self, _: bool) -> Result<T, E> {
        Ok(T::number(None))
    }

    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
        T::list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::map(map)
    }
}

/// A struct whose every field is loose; its default where there is no map.
#[derive(Clone, Debug, Default)]
pub(crate) struct Loose<T>(pub(crate) T);

impl<T: DeserializeOwned + Default> Taken for Loose<T> {
    fn map<'de, A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Self)
    }
}

impl<'de, T: DeserializeOwned + Default> Deserialize<'de> for Loose<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any(PhantomData))
    }
}

/// A text; empty where there is none, or one that is too long.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts(String);

impl Texts {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Texts> for String {
    fn from(text: Texts) -> Self {
        text.0
    }
}

impl Taken for Texts {
    fn text(text: &str) -> Self {
        Self(
            Some(text)
                .filter(|text| text.len() <= LONGEST)
                .unwrap_or_default()
                .to_owned(),
        )
    }
}

/// A whole number.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Number(pub(super) Option<i64>);

impl Taken for Number {
    fn number(number: Option<i64>) -> Self {
        Self(number)
    }
}

/// Whether there is anything.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Exists(pub(super) bool);

impl Taken for Exists {
    fn text(_: &str) -> Self {
        Self(true)
    }
    fn number(_: Option<i64>) -> Self {
        Self(true)
    }
}

/// The texts of a list, or the keys of a map.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(Vec<String>);

impl Names {
    pub(super) fn beginning_with(self, prefix: &str) -> Vec<String> {
        self.0.into_iter().filter(|name| name.starts_with(prefix)).collect()
    }

    fn keep(&mut self, name: Texts) {
        if self.0.len() < MOST && name.0.contains("firebreak.dev/") {
            self.0.push(name.0);
        }
    }
}

impl Taken for Names {
    fn list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut names = Self::default();
        while let Some(name) = list.next_element()? {
            names.keep(name);
        }
        Ok(names)
    }

    fn map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut names = Self::default();
        while let Some((name, _)) = map.next_entry::<Texts, IgnoredAny>()? {
            names.keep(name);
        }
        Ok(names)
    }
}

/// The labels that matter: the names of ours, and the Incident that created the object.
#[derive(Clone, Debug, Default)]
pub(super) struct Labels {
    pub(super) names: Names,
    pub(super) incident: Texts,
}

impl Taken for Labels {
    fn map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut labels = Self::default();
        while let Some((name, value)) = map.next_entry::<Texts, Texts>()? {
            if name.0 == INCIDENT_LABEL {
                labels.incident = value;
            }
            labels.names.keep(name);
        }
        Ok(labels)
    }
}

/// The first elements of a list, each a struct whose every field is loose.
#[derive(Clone, Debug)]
pub(crate) struct Many<T>(pub(crate) Vec<T>);

impl<T> Default for Many<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: DeserializeOwned + Default> Taken for Many<T> {
    fn list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut all = Vec::new();
        while let Some(Loose(one)) = list.next_element()? {
            if all.len() < LISTED {
                all.push(one);
            }
        }
        Ok(Self(all))
    }
}

impl<'de, T: DeserializeOwned + Default> Deserialize<'de> for Many<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any(PhantomData))
    }
}

/// Each of these is decoded from any value.
macro_rules! from_anything {
    ($($type:ty),*) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(Any(PhantomData))
            }
        }
    )*};
}

from_anything!(Texts, Number, Exists, Names, Labels);
