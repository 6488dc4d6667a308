//! Clients that stay in one call each.

use std::rc::Rc;

use tokio::task::JoinSet;

use super::call::{LANGUAGE, join, matched};
use crate::{
    bench::{Bench, Fallible},
    client::Client,
};

/// A client in a call.
pub(super) struct Party {
    pub(super) client: Rc<Client>,
    pub(super) session: String,
}

/// Connects twice as many clients and waits until each is in a call.
pub(super) async fn pair_up(bench: &Rc<Bench>, pairs: usize) -> Fallible<Vec<Party>> {
    let clients = bench.connect(0..pairs * 2).await?;
    bench.progress.stage("matching", pairs * 2);
    if bench.target.bare {
        return Ok(clients.into_iter().map(|client| neighbour(bench, client)).collect());
    }
    let mut tasks = JoinSet::new();
    for client in clients {
        let bench = Rc::clone(bench);
        tasks.spawn_local(async move {
            join(&client, "global", LANGUAGE);
            let session = client.hear(matched).await.map_err(|error| error.to_string())?.session_id;
            bench.ledger.matched(client.number, &session);
            bench.progress.step();
            Ok::<_, String>(Party { client, session })
        });
    }
    let mut parties = Vec::with_capacity(pairs * 2);
    while let Some(done) = tasks.join_next().await {
        parties.push(done??);
    }
    parties.sort_by_key(|party| party.client.number);
    Ok(parties)
}

/// With a server that knows no protocol, a client's peer is the one that came before or after it.
fn neighbour(bench: &Bench, client: Rc<Client>) -> Party {
    let session = format!("{:032x}", client.number / 2);
    bench.ledger.matched(client.number, &session);
    Party { client, session }
}
