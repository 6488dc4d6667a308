//! Reading what the scripts of the pool answer.

use fred::types::Value;
use video_chat_kernel::{DeviceId, Timestamp, Unavailable};
use video_chat_matchmaking::{Held, Joined, Language, Pairing, Region, Ticket, TicketId, Waiter};

use crate::answer::{Answer, unexpected};

const OPERATION: &str = "pool_answer";

pub(super) fn joined(answer: &mut Answer) -> Result<Joined, Unavailable> {
    if answer.integer()? == 1 {
        return pairing(answer).map(Joined::Matched);
    }
    Ok(Joined::Waiting { position: answer.integer()?, since: Timestamp::from_millis(answer.integer()?) })
}

/// The two of a pairing, the longer waiting first.
pub(super) fn pairing(answer: &mut Answer) -> Result<Pairing, Unavailable> {
    let mut side = || waiter(&mut answer.list().ok_or_else(|| unexpected(OPERATION))?);
    Ok(Pairing { first: side()?, second: side()? })
}

fn waiter(answer: &mut Answer) -> Result<Waiter, Unavailable> {
    let ticket = Ticket {
        id: ticket(&answer.text()?)?,
        device: device(&answer.text()?)?,
        region: Region::parse(&answer.text()?).map_err(|_| unexpected(OPERATION))?,
        language: Language::parse(&answer.text()?).map_err(|_| unexpected(OPERATION))?,
        node: answer.parsed()?,
    };
    Ok(Waiter { ticket, since: Timestamp::from_millis(answer.integer()?) })
}

/// A device and, next in the answer, its ticket.
pub(super) fn held(name: Value, rest: &mut Answer) -> Result<Held, Unavailable> {
    let name = name.into_string().ok_or_else(|| unexpected(OPERATION))?;
    Ok(Held { device: device(&name)?, ticket: ticket(&rest.text()?)? })
}

fn ticket(text: &str) -> Result<TicketId, Unavailable> {
    u128::from_str_radix(text, 16).map(TicketId::from_bits).map_err(|_| unexpected(OPERATION))
}

fn device(text: &str) -> Result<DeviceId, Unavailable> {
    DeviceId::parse(text).map_err(|_| unexpected(OPERATION))
}
