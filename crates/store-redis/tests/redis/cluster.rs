//! Six servers that form a cluster: three masters, each with a replica.

use std::sync::OnceLock;

use super::server::{Server, free_port, wait_until};

pub(crate) struct Cluster {
    /// The masters first, each followed three further on by its replica.
    pub(crate) servers: Vec<Server>,
}

const MASTERS: usize = 3;

/// The cluster all tests of this process share, each with keys of its own.
pub(crate) fn shared() -> &'static Cluster {
    static SHARED: OnceLock<Cluster> = OnceLock::new();
    SHARED.get_or_init(Cluster::start)
}

impl Cluster {
    pub(crate) fn start() -> Self {
        let buses: Vec<String> = (0..2 * MASTERS).map(|_| free_port().to_string()).collect();
        let own =
            ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--repl-diskless-sync-delay", "0"];
        let servers: Vec<Server> = buses
            .iter()
            .map(|bus| Server::start(&[own.as_slice(), &["--cluster-port", bus]].concat()))
            .collect();
        let cluster = Self { servers };
        for (number, master) in cluster.servers.iter().take(MASTERS).enumerate() {
            let (first, end) = (number * 16_384 / MASTERS, (number + 1) * 16_384 / MASTERS);
            master.ask(&format!("CLUSTER ADDSLOTSRANGE {first} {}", end - 1));
        }
        let head = &cluster.servers[0];
        for (number, (server, bus)) in cluster.servers.iter().zip(&buses).enumerate() {
            server.ask(&format!("CLUSTER SET-CONFIG-EPOCH {}", number + 1));
            head.ask(&format!("CLUSTER MEET 127.0.0.1 {} {bus}", server.port));
        }
        for server in &cluster.servers {
            server.wait_for("CLUSTER INFO", "cluster_known_nodes:6");
        }
        for (master, replica) in cluster.servers.iter().zip(cluster.servers.iter().skip(MASTERS)) {
            let id = master.ask("CLUSTER MYID");
            wait_until("a replica", || {
                replica.ask(&format!("CLUSTER REPLICATE {}", id.trim())).starts_with("+OK")
            });
        }
        for server in &cluster.servers {
            server.wait_for("CLUSTER INFO", "cluster_state:ok");
        }
        for (master, replica) in cluster.servers.iter().zip(cluster.servers.iter().skip(MASTERS)) {
            replica.wait_for("INFO replication", "master_link_status:up");
            master.wait_for("INFO replication", "connected_slaves:1");
        }
        cluster
    }

    /// Each server as a client is told of it.
    pub(crate) fn nodes(&self) -> Vec<(String, u16)> {
        self.servers.iter().map(|server| ("127.0.0.1".to_owned(), server.port)).collect()
    }

    /// Kills a master and waits until its replica is one.
    pub(crate) fn lose_master(&mut self, number: usize) {
        self.servers[number].kill();
        self.servers[number + MASTERS].wait_for("ROLE", "*");
        self.servers[number + MASTERS].wait_for("INFO replication", "role:master");
    }
}
