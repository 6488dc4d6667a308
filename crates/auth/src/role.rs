use std::{fmt, str::FromStr};

/// What a token's bearer may do; each role may do all of the ones before it.
///
/// ```
/// use video_chat_auth::Role;
///
/// assert!("admin".parse::<Role>().unwrap() >= Role::Moderator);
/// assert_eq!(Role::Moderator.to_string(), "moderator");
/// assert!("Admin".parse::<Role>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Connect, call, report.
    User,
    /// Also read and judge reports.
    Moderator,
    /// Also everything an operator's tools need.
    Admin,
}

impl Role {
    /// The role as tokens and answers write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Moderator => "moderator",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        [Self::User, Self::Moderator, Self::Admin]
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or(UnknownRole)
    }
}

/// The text names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a role is one of user, moderator, admin")]
pub struct UnknownRole;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_do_more_than_the_one_before() {
        assert!(Role::User < Role::Moderator && Role::Moderator < Role::Admin);
    }

    #[test]
    fn text_round_trips_and_nothing_else_is_a_role() {
        for role in [Role::User, Role::Moderator, Role::Admin] {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
        for other in ["", "USER", "user ", "root", "moderators"] {
            assert_eq!(other.parse::<Role>(), Err(UnknownRole), "{other:?}");
        }
    }
}
