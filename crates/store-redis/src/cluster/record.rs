//! A call's record as text: what never changes of it, a line each. None of it can hold a line break.

use std::str::Lines;

use video_chat_kernel::{DeviceId, NodeId, SessionId, Timestamp};
use video_chat_signaling::ports::{CallRecord, CallSide};

/// The format's version, when they met, where, the language; device, alias and wait of offerer and answerer.
pub(super) fn write(call: &CallRecord) -> String {
    let side = |side: &CallSide| format!("{}\n{}\n{}", side.device.as_str(), side.alias, side.wait_ms);
    let (met, offerer, answerer) = (call.matched_at.as_millis(), side(&call.offerer), side(&call.answerer));
    format!("1\n{met}\n{}\n{}\n{offerer}\n{answerer}", call.region, call.language)
}

/// The record with the nodes of offerer and answerer, and how often they have changed.
pub(super) fn read(session: SessionId, text: &str, nodes: [NodeId; 2], moves: u64) -> Option<CallRecord> {
    fn side(lines: &mut Lines<'_>, node: NodeId) -> Option<CallSide> {
        Some(CallSide {
            device: DeviceId::parse(lines.next()?).ok()?,
            alias: lines.next()?.parse().ok()?,
            wait_ms: lines.next()?.parse().ok()?,
            node,
        })
    }
    let mut lines = text.lines();
    lines.next().filter(|version| *version == "1")?;
    let matched_at = Timestamp::from_millis(lines.next()?.parse().ok()?);
    let (region, language) = (lines.next()?.to_owned(), lines.next()?.to_owned());
    let [offerer, answerer] = nodes;
    let (offerer, answerer) = (side(&mut lines, offerer)?, side(&mut lines, answerer)?);
    Some(CallRecord { session, offerer, answerer, region, language, matched_at, moves })
}
