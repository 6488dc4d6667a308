//! The label values that are known before anything happens: their series exist, at zero, from the start.

use metrics::Counter;

use super::exporter::Family;

/// A counter with one label whose values are known: finding its series takes neither lock nor allocation.
pub(super) struct Labelled {
    known: Vec<(&'static str, Counter)>,
    family: Family,
}

impl Labelled {
    /// Makes the series of `values`, at zero.
    pub(super) fn new(family: Family, values: &[&'static str]) -> Self {
        let known = values.iter().map(|value| (*value, family.counter(&[value]))).collect();
        Self { known, family }
    }

    /// The series of `value`; one that was not listed is made now, which the program's own words bound.
    pub(super) fn of(&self, value: &'static str) -> Counter {
        self.known(value).cloned().unwrap_or_else(|| self.family.counter(&[value]))
    }

    /// The series of `value` if it was listed.
    pub(super) fn known(&self, value: &str) -> Option<&Counter> {
        self.known.iter().find(|(known, _)| *known == value).map(|(_, counter)| counter)
    }
}

/// Why a call ends.
pub(super) const END_REASONS: &[&str] = &["ended", "left", "timeout", "blocked", "server"];
/// How a peer connection was made.
pub(super) const CONNECTION_TYPES: &[&str] = &["p2p", "turn"];
/// What a report complains of.
pub(super) const REPORT_REASONS: &[&str] =
    &["harassment", "inappropriate_content", "spam", "nudity", "violence", "underage", "other"];
/// What a moderator decides.
pub(super) const DECISIONS: &[&str] = &["accepted", "rejected"];
/// What is blocked.
pub(super) const BLOCK_KINDS: &[&str] = &["device"];
/// The limits.
pub(super) const LIMITS: &[&str] = &["http", "join", "events", "bytes", "chat", "flood", "connections"];
/// The codes of errors told to clients, and the one of malformed packets.
pub(super) const ERROR_CODES: &[&str] = &[
    "unauthorized",
    "token_expired",
    "device_blocked",
    "superseded",
    "rate_limited",
    "invalid_payload",
    "payload_too_large",
    "unknown_event",
    "not_in_queue",
    "already_in_call",
    "session_not_found",
    "not_a_participant",
    "peer_unavailable",
    "service_unavailable",
    "internal",
    "parse_error",
];
/// The events a client may send, and what all others count as.
pub(super) const EVENTS: &[&str] = &[
    "join-queue",
    "leave-queue",
    "send-offer",
    "send-answer",
    "send-candidate",
    "send-message",
    "send-reaction",
    "end-call",
    "connection-state",
    UNKNOWN,
];
/// What every other event counts as.
pub(super) const UNKNOWN: &str = "unknown";
/// What every region and language that is not listed counts as.
pub(super) const OTHER: &str = "other";

/// The two-letter codes of ISO 639-1, sorted.
const LANGUAGES: &[&str] = &[
    "aa", "ab", "ae", "af", "ak", "am", "an", "ar", "as", "av", "ay", "az", "ba", "be", "bg", "bi", "bm",
    "bn", "bo", "br", "bs", "ca", "ce", "ch", "co", "cr", "cs", "cu", "cv", "cy", "da", "de", "dv", "dz",
    "ee", "el", "en", "eo", "es", "et", "eu", "fa", "ff", "fi", "fj", "fo", "fr", "fy", "ga", "gd", "gl",
    "gn", "gu", "gv", "ha", "he", "hi", "ho", "hr", "ht", "hu", "hy", "hz", "ia", "id", "ie", "ig", "ii",
    "ik", "io", "is", "it", "iu", "ja", "jv", "ka", "kg", "ki", "kj", "kk", "kl", "km", "kn", "ko", "kr",
    "ks", "ku", "kv", "kw", "ky", "la", "lb", "lg", "li", "ln", "lo", "lt", "lu", "lv", "mg", "mh", "mi",
    "mk", "ml", "mn", "mr", "ms", "mt", "my", "na", "nb", "nd", "ne", "ng", "nl", "nn", "no", "nr", "nv",
    "ny", "oc", "oj", "om", "or", "os", "pa", "pi", "pl", "ps", "pt", "qu", "rm", "rn", "ro", "ru", "rw",
    "sa", "sc", "sd", "se", "sg", "si", "sk", "sl", "sm", "sn", "so", "sq", "sr", "ss", "st", "su", "sv",
    "sw", "ta", "te", "tg", "th", "ti", "tk", "tl", "tn", "to", "tr", "ts", "tt", "tw", "ty", "ug", "uk",
    "ur", "uz", "ve", "vi", "vo", "wa", "wo", "xh", "yi", "yo", "za", "zh", "zu",
];

/// The label for a language: itself when it is a two-letter code of ISO 639-1, else [`OTHER`]. A longer tag such as
/// `zh-tw` is `other` too: what a tag's tail means is not ours to guess.
pub(super) fn language(language: &str) -> &'static str {
    LANGUAGES.binary_search(&language).ok().and_then(|place| LANGUAGES.get(place)).copied().unwrap_or(OTHER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_the_standard_s() {
        assert!(LANGUAGES.is_sorted_by(|a, b| a < b));
        assert_eq!(LANGUAGES.len(), 183);
    }

    #[test]
    fn only_two_letter_codes_are_labels() {
        assert_eq!(language("en"), "en");
        assert_eq!(language("zh"), "zh");
        for other in ["zh-tw", "xx", "EN", "", "e", "eng", "zz\"}"] {
            assert_eq!(language(other), "other", "{other}");
        }
    }
}
