//! Who the calling processes are to the driver.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Access;

/// What `access` of a configuration says in one word where it depends on the user.
const BY_USER: &str = "by-user";

/// Who the calling processes are to the driver.
///
/// In TOML, `access = "monitor"` makes every process a monitor, `access = "by-user"` makes root the administrator and all others
/// monitors, and the table `access = { admins = [0, 1000], others = "unprivileged" }` names the administrators' user IDs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Callers {
    /// Every process may do the same, whoever runs it.
    All(Access),
    /// What a process may do depends on its effective user.
    ByUser {
        /// The user IDs of the administrators.
        admins: Vec<u32>,
        /// What everyone else may do.
        others: Access,
    },
}

impl Callers {
    /// Root is the administrator; everyone else holds what every user of a host holds.
    pub fn by_user() -> Self {
        Self::ByUser { admins: vec![0], others: Access::Monitor }
    }

    /// What a process of this effective user may do.
    pub fn access(&self, user: u32) -> Access {
        match self {
            Self::All(access) => *access,
            Self::ByUser { admins, .. } if admins.contains(&user) => Access::Admin,
            Self::ByUser { others, .. } => *others,
        }
    }
}

/// Programs that use a simulator seldom run as root: everyone is the administrator.
impl Default for Callers {
    fn default() -> Self {
        Self::All(Access::default())
    }
}

impl From<Access> for Callers {
    fn from(access: Access) -> Self {
        Self::All(access)
    }
}

/// [`Callers::ByUser`] as a table; what is left out is as in [`Callers::by_user`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default = "root")]
    admins: Vec<u32>,
    #[serde(default = "monitor")]
    others: Access,
}

fn root() -> Vec<u32> {
    vec![0]
}

fn monitor() -> Access {
    Access::Monitor
}

impl Serialize for Callers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All(access) => access.serialize(serializer),
            Self::ByUser { admins, others } => Table { admins: admins.clone(), others: *others }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Callers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WordOrTable;

        impl<'de> Visitor<'de> for WordOrTable {
            type Value = Callers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "\"admin\", \"monitor\", \"unprivileged\", \"{BY_USER}\" or a table of admins and others")
            }

            fn visit_str<E: Error>(self, word: &str) -> Result<Callers, E> {
                match word {
                    "admin" => Ok(Access::Admin.into()),
                    "monitor" => Ok(Access::Monitor.into()),
                    "unprivileged" => Ok(Access::Unprivileged.into()),
                    BY_USER => Ok(Callers::by_user()),
                    _ => Err(E::invalid_value(Unexpected::Str(word), &self)),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Callers, A::Error> {
                let Table { admins, others } = Table::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Callers::ByUser { admins, others })
            }
        }

        deserializer.deserialize_any(WordOrTable)
    }
}
