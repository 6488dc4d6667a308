use std::{fmt, str::FromStr};

/// The text is none of the words that are allowed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("one of {expected} is expected")]
pub struct UnknownWord {
    /// The words that are allowed, separated by commas.
    pub expected: &'static str,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }
     expected $expected:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $text)] $variant),+
        }

        impl $name {
            /// Every one there is, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word used on the wire and in stores.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            /// Reads the exact word: no other case, nothing around it.
            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                Self::ALL.iter().copied().find(|word| word.as_str() == text).ok_or(UnknownWord { expected: $expected })
            }
        }
    };
}

words!(
    /// Why somebody is reported.
    Reason {
        /// Insults, threats, stalking.
        Harassment = "harassment",
        /// Content that does not belong here and fits no other reason.
        InappropriateContent = "inappropriate_content",
        /// Advertising, repeated messages.
        Spam = "spam",
        /// Nudity.
        Nudity = "nudity",
        /// Violence.
        Violence = "violence",
        /// Somebody below the age allowed.
        Underage = "underage",
        /// Anything else: the comment says what.
        Other = "other",
    }
    expected "harassment, inappropriate_content, spam, nudity, violence, underage, other"
);

words!(
    /// Where a report stands.
    Status {
        /// Nobody has judged it.
        Pending = "pending",
        /// Upheld: the reported device is blocked.
        Accepted = "accepted",
        /// Dismissed.
        Rejected = "rejected",
    }
    expected "pending, accepted, rejected"
);

words!(
    /// A moderator's decision.
    Decision {
        /// Uphold the report and block the reported device.
        Accepted = "accepted",
        /// Dismiss it.
        Rejected = "rejected",
    }
    expected "accepted, rejected"
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_word_reads_back_and_is_named_when_another_is_given() {
        for reason in Reason::ALL {
            assert_eq!(reason.as_str().parse(), Ok(*reason));
        }
        for status in Status::ALL {
            assert_eq!(status.to_string().parse(), Ok(*status));
        }
        for decision in Decision::ALL {
            assert_eq!(decision.as_str().parse(), Ok(*decision));
        }
        let listed = |words: Vec<&str>| words.join(", ");
        let reasons = listed(Reason::ALL.iter().map(|word| word.as_str()).collect());
        assert_eq!("".parse::<Reason>(), Err(UnknownWord { expected: reasons.leak() }));
        let statuses = listed(Status::ALL.iter().map(|word| word.as_str()).collect());
        assert_eq!("".parse::<Status>(), Err(UnknownWord { expected: statuses.leak() }));
        let decisions = listed(Decision::ALL.iter().map(|word| word.as_str()).collect());
        assert_eq!("pending".parse::<Decision>(), Err(UnknownWord { expected: decisions.leak() }));
    }

    proptest! {
        #[test]
        fn nothing_but_the_exact_word_is_read(text in "\\PC{0,24}| ?spam ?|SPAM|Spam") {
            if let Ok(reason) = text.parse::<Reason>() {
                prop_assert_eq!(reason.as_str(), text);
            }
        }
    }
}
