use ring::digest::{Context, SHA256};
use video_chat_kernel::{DeviceId, Timestamp};

use crate::{Finding, Verdict};

/// A SHA-256 digest.
pub type Digest = [u8; 32];

/// Begins every hashed entry, so that a digest of the audit trail is one of nothing else.
const LABEL: &[u8] = b"video-chat audit v1";

/// What is to be written to the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditDraft {
    /// When it happened.
    pub at: Timestamp,
    /// Who did it: a moderator's subject, or [`AuditDraft::SYSTEM`].
    pub actor: String,
    /// What was done, such as `report.accepted`.
    pub action: String,
    /// To what: a report's id or a device's.
    pub subject: String,
    /// In which words, if any.
    pub detail: Option<String>,
}

impl AuditDraft {
    /// The actor of what nobody did by hand.
    pub const SYSTEM: &'static str = "system";

    /// The entry of a verdict: `report.accepted` or `report.rejected`, with the moderator's note.
    pub fn verdict(verdict: &Verdict, at: Timestamp) -> Self {
        Self {
            at,
            actor: verdict.moderator.as_str().into(),
            action: format!("report.{}", verdict.decision),
            subject: verdict.report.to_string(),
            detail: verdict.note.clone(),
        }
    }

    /// The entry of the block that follows from an accepted report: `device.blocked`, with the report's id.
    pub fn block(device: &DeviceId, verdict: &Verdict, at: Timestamp) -> Self {
        Self {
            at,
            actor: verdict.moderator.as_str().into(),
            action: "device.blocked".into(),
            subject: device.as_str().into(),
            detail: Some(verdict.report.to_string()),
        }
    }

    /// The entry of an abuse finding: `abuse.<pattern>`, with its weight.
    pub fn finding(finding: &Finding, at: Timestamp) -> Self {
        Self {
            at,
            actor: Self::SYSTEM.into(),
            action: format!("abuse.{}", finding.pattern),
            subject: finding.device.as_str().into(),
            detail: Some(finding.weight.to_string()),
        }
    }
}

/// An entry of the audit trail.
///
/// Its hash covers the hash of the entry before it: no entry can be altered, removed or put in between without
/// every later hash being wrong. (Entries cut off at the end are only missed by whoever kept a later
/// [`AuditHead`].)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its place, from 1 without gaps.
    pub seq: u64,
    /// What was written.
    pub draft: AuditDraft,
    /// SHA-256 over the previous hash and the entry in canonical form.
    pub hash: Digest,
}

impl AuditEntry {
    /// The head of the trail that ends with this entry.
    pub const fn head(&self) -> AuditHead {
        AuditHead { seq: self.seq, hash: self.hash }
    }
}

/// The end of an audit trail: what the next entry is chained to.
///
/// ```
/// use video_chat_kernel::Timestamp;
/// use video_chat_reporting::{AuditDraft, AuditHead};
///
/// let draft = AuditDraft {
///     at: Timestamp::from_secs(1),
///     actor: "moderator-1".into(),
///     action: "report.rejected".into(),
///     subject: "01890a5d-ac96-774b-bcce-b302099a8057".into(),
///     detail: None,
/// };
/// let mut entry = AuditHead::EMPTY.append(draft);
/// assert_eq!(AuditHead::EMPTY.accept(&entry).unwrap().seq, 1);
/// entry.draft.actor = "moderator-2".into();
/// assert!(AuditHead::EMPTY.accept(&entry).is_err()); // tampered with
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditHead {
    /// The last entry's place; 0 when there is none.
    pub seq: u64,
    /// The last entry's hash; zeros when there is none.
    pub hash: Digest,
}

/// The audit trail does not hold together at this place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the audit trail is broken at entry {seq}")]
pub struct BrokenAudit {
    /// The place where an intact entry was due.
    pub seq: u64,
}

impl AuditHead {
    /// The head of an empty trail.
    pub const EMPTY: Self = Self { seq: 0, hash: [0; 32] };

    /// Makes the entry that follows this head.
    pub fn append(self, draft: AuditDraft) -> AuditEntry {
        let seq = self.seq.saturating_add(1);
        let hash = self.digest(seq, &draft);
        AuditEntry { seq, draft, hash }
    }

    /// Checks that `entry` follows this head unaltered; answers the head after it.
    ///
    /// # Errors
    /// [`BrokenAudit`] when its place or its hash is wrong.
    pub fn accept(self, entry: &AuditEntry) -> Result<Self, BrokenAudit> {
        let due = self.seq.saturating_add(1);
        if entry.seq != due || entry.hash != self.digest(due, &entry.draft) {
            return Err(BrokenAudit { seq: due });
        }
        Ok(entry.head())
    }

    /// Checks all of `entries`, in order; answers the head after the last.
    ///
    /// # Errors
    /// [`BrokenAudit`] at the first that does not follow.
    pub fn accept_all<'a>(
        self,
        entries: impl IntoIterator<Item = &'a AuditEntry>,
    ) -> Result<Self, BrokenAudit> {
        entries.into_iter().try_fold(self, Self::accept)
    }

    fn digest(self, seq: u64, draft: &AuditDraft) -> Digest {
        let mut context = Context::new(&SHA256);
        context.update(LABEL);
        context.update(&self.hash);
        context.update(&seq.to_be_bytes());
        context.update(&draft.at.as_millis().to_be_bytes());
        for text in [&draft.actor, &draft.action, &draft.subject] {
            field(&mut context, text);
        }
        context.update(&[u8::from(draft.detail.is_some())]);
        if let Some(detail) = &draft.detail {
            field(&mut context, detail);
        }
        let mut digest = [0; 32];
        digest.copy_from_slice(context.finish().as_ref());
        digest
    }
}

/// Each text is preceded by its length: no two entries have the same canonical form.
fn field(context: &mut Context, text: &str) {
    context.update(&(text.len() as u64).to_be_bytes());
    context.update(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn draft() -> impl Strategy<Value = AuditDraft> {
        (any::<u64>(), "\\PC{0,5}", "\\PC{0,5}", "\\PC{0,5}", proptest::option::of("\\PC{0,5}")).prop_map(
            |(at, actor, action, subject, detail)| AuditDraft {
                at: Timestamp::from_millis(at),
                actor,
                action,
                subject,
                detail,
            },
        )
    }

    fn chain(drafts: Vec<AuditDraft>) -> Vec<AuditEntry> {
        let mut head = AuditHead::EMPTY;
        drafts
            .into_iter()
            .map(|draft| {
                let entry = head.append(draft);
                head = entry.head();
                entry
            })
            .collect()
    }

    proptest! {
        #[test]
        fn an_untouched_chain_is_accepted(drafts in proptest::collection::vec(draft(), 0..6)) {
            let entries = chain(drafts);
            let head = AuditHead::EMPTY.accept_all(&entries).unwrap();
            prop_assert_eq!(head.seq, entries.len() as u64);
        }

        #[test]
        fn an_altered_entry_is_found(
            drafts in proptest::collection::vec(draft(), 1..6), at: prop::sample::Index, other in draft(),
        ) {
            let mut entries = chain(drafts);
            let at = at.index(entries.len());
            prop_assume!(entries[at].draft != other);
            entries[at].draft = other;
            prop_assert_eq!(AuditHead::EMPTY.accept_all(&entries), Err(BrokenAudit { seq: at as u64 + 1 }));
        }

        #[test]
        fn a_removed_entry_is_found(
            drafts in proptest::collection::vec(draft(), 2..6), at: prop::sample::Index, renumber: bool,
        ) {
            let mut entries = chain(drafts);
            let at = at.index(entries.len() - 1);
            entries.remove(at);
            if renumber {
                for (seq, entry) in (1..).zip(&mut entries) {
                    entry.seq = seq;
                }
            }
            prop_assert_eq!(AuditHead::EMPTY.accept_all(&entries), Err(BrokenAudit { seq: at as u64 + 1 }));
        }
    }

    #[test]
    fn a_character_moved_between_fields_is_found() {
        let entry = |actor: &str, action: &str| {
            AuditHead::EMPTY.append(AuditDraft {
                at: Timestamp::from_secs(1),
                actor: actor.into(),
                action: action.into(),
                subject: String::new(),
                detail: None,
            })
        };
        assert_ne!(entry("ab", "c").hash, entry("a", "bc").hash);
    }
}
