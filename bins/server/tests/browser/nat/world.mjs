// A small internet in network namespaces: a public side with the server and coturn, and two homes behind routers of their own.
//
//   home a ── router a ──┐
//                        ├── public: server, coturn
//   home b ── router b ──┘

import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { closeAtEnd } from '../../e2e/lib/remains.mjs';
import { scratch } from '../../e2e/lib/server.mjs';
import { CHROMIUM } from '../lib/browser.mjs';

export const PUBLIC = '11.0.0.1';

/** What a router does with UDP, in nftables. `wan` is its own public address, `home` the one host behind it. */
const KINDS = {
  // One public port for one private port, and anybody may send to it.
  'full cone': ({ home }) => `
    chain in { type nat hook prerouting priority dstnat; iifname "wan" meta l4proto udp dnat to ${home}; }
    chain out { type nat hook postrouting priority srcnat; oifname "wan" masquerade; }`,
  // The same port for every destination, and only who was sent to may answer: the usual router at home.
  'restricted cone': () => `
    chain out { type nat hook postrouting priority srcnat; oifname "wan" masquerade; }`,
  // Another port for every destination.
  symmetric: () => `
    chain out { type nat hook postrouting priority srcnat; oifname "wan" meta l4proto udp masquerade fully-random; oifname "wan" masquerade; }`,
  // An office: TCP alone goes out.
  'no UDP': () => `
    chain deny { type filter hook forward priority filter; meta l4proto udp drop; }
    chain out { type nat hook postrouting priority srcnat; oifname "wan" masquerade; }`,
};
export const NAMES = Object.keys(KINDS);

/** The command that runs another one in a namespace. */
export const inside = (namespace) => ['ip', 'netns', 'exec', namespace];

export class World {
  #prefix = `vc${process.pid}`;
  #namespaces = [];

  constructor() {
    if (process.getuid() !== 0) throw new Error('network namespaces take root: run this with sudo');
    closeAtEnd(() => this.close());
    this.public = this.#namespace('public');
    run(this.public, 'ip link add bridge type bridge', `ip address add ${PUBLIC}/24 dev bridge`, 'ip link set bridge up');
    // The rest of the internet takes everything and answers nothing. Without a route coturn's sending to somebody's private
    // address would fail at once, and it closes a relay over that.
    run(this.public, 'ip link add elsewhere type bridge', 'ip link set elsewhere arp off up', 'ip route add default dev elsewhere');
    this.homes = ['a', 'b'].map((name, i) => this.#home(name, i + 1));
  }

  #namespace(name) {
    const namespace = `${this.#prefix}-${name}`;
    try {
      execute(['ip', 'netns', 'add', namespace]);
    } catch (error) {
      throw new Error(`this machine lets nobody make network namespaces, which the NAT tests need: ${error.message}`);
    }
    this.#namespaces.push(namespace);
    // An address of IPv6 that comes up a second later is another network to a browser, which gives up what it is loading.
    run(namespace, 'sysctl -eqw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1', 'ip link set lo up');
    return namespace;
  }

  #home(name, number) {
    const [router, namespace] = [this.#namespace(`router-${name}`), this.#namespace(`home-${name}`)];
    const home = `192.168.${number}.2`;
    execute(['ip', '-n', router, 'link', 'add', 'wan', 'type', 'veth', 'peer', 'name', `port-${name}`, 'netns', this.public]);
    execute(['ip', '-n', router, 'link', 'add', 'lan', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace]);
    run(this.public, `ip link set port-${name} master bridge up`);
    run(router, `ip address add 11.0.0.${number + 1}/24 dev wan`, `ip address add 192.168.${number}.1/24 dev lan`);
    run(router, 'ip link set wan up', 'ip link set lan up', 'sysctl -qw net.ipv4.ip_forward=1');
    run(namespace, `ip address add ${home}/24 dev eth0`, 'ip link set eth0 up', `ip route add default via 192.168.${number}.1`);
    return { namespace, router, home };
  }

  /** Gives a home's router this kind of NAT. */
  become({ router, home }, kind) {
    const rules = `flush ruleset
table ip nat {
  ${KINDS[kind]({ home })}
  # As routers do: what nobody asked for is dropped before it is remembered.
  chain closed { type filter hook input priority filter; iifname "wan" ct state != { established, related } drop; }
}`;
    execute([...inside(router), 'nft', '-f', '-'], rules);
  }

  /** A program that starts Chromium in a home. */
  browserIn({ namespace }) {
    const program = path.join(scratch(), 'chromium');
    writeFileSync(program, `#!/bin/sh\nexec ${inside(namespace).join(' ')} ${CHROMIUM} "$@"\n`);
    chmodSync(program, 0o755);
    return program;
  }

  close() {
    for (const namespace of this.#namespaces.splice(0)) {
      try {
        execute(['ip', 'netns', 'delete', namespace]);
      } catch {
        // Gone already.
      }
    }
  }
}

function run(namespace, ...commands) {
  for (const command of commands) execute([...inside(namespace), ...command.split(' ')]);
}

function execute([program, ...args], input) {
  execFileSync(program, args, { input, stdio: ['pipe', 'ignore', 'pipe'] });
}
