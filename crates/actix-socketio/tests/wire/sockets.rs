//! Socket.IO: namespaces, events, acknowledgements, attachments.

use crate::{client::Got, harness::Server};

both! {
    fn the_reply_to_connect_has_exactly_a_sid(mode) {
        let server = Server::start(mode);
        let mut ws = server.ws();
        ws.text("40");
        let reply = ws.recv().text();
        assert!(reply.starts_with("40{\"sid\":\"") && reply.ends_with("\"}") && reply.len() == 32, "{reply}");
        assert_eq!(ws.recv().text(), "42[\"auth\",{}]");
        for (connect, reply, event) in [
            ("40/custom,{\"token\":\"a\"}", "40/custom,{\"sid\":\"", "42/custom,[\"auth\",{\"token\":\"a\"}]"),
            ("40/custom", "40/custom,{\"sid\":\"", "42/custom,[\"auth\",{}]"),
            ("40/custom,", "40/custom,{\"sid\":\"", "42/custom,[\"auth\",{}]"),
        ] {
            ws.text(connect);
            let got = ws.recv().text();
            assert!(got.starts_with(reply), "{got}");
            assert_eq!(ws.recv().text(), event);
            ws.text("41/custom");
        }
    }

    fn a_refusal_leaves_the_connection_open(mode) {
        let server = Server::start(mode);
        let mut ws = server.ws();
        ws.text("40/random");
        assert_eq!(ws.recv().text(), "44/random,{\"message\":\"Invalid namespace\"}");
        ws.text("40{\"do\":\"refuse\"}");
        assert_eq!(ws.recv().text(), "44{\"message\":\"No \\\"way\\\"\",\"data\":{\"code\":1}}");
        ws.text("40");
        assert!(ws.recv().text().starts_with("40{"));
        assert_eq!(server.log.lines(), ["connect /"]);
    }

    fn what_connect_emits_follows_the_reply(mode) {
        let server = Server::start(mode);
        let mut ws = server.ws();
        ws.text("40{\"do\":\"slow\"}");
        ws.text("42[\"e\",1]");
        assert!(ws.recv().text().starts_with("40{\"sid\""));
        assert_eq!(ws.recv().text(), "42[\"auth\",{\"do\":\"slow\"}]");
        assert_eq!(ws.recv().text(), "42[\"echo\",1]");
    }

    fn arguments_pass_exactly_as_written(mode) {
        let server = Server::start(mode);
        let mut ws = server.joined();
        for args in ["", "1.0,1e400,-0", "\"\\ud83d\",\"\\u0041\"", "{ \"a\" : [ ] },null", "1,2,3,4,5,6,7"] {
            let comma = if args.is_empty() { "" } else { "," };
            ws.text(&format!("42[\"e\"{comma}{args}]"));
            assert_eq!(ws.recv().text(), format!("42[\"echo\"{comma}{args}]"));
        }
        ws.text("4212345[\"e\",7]");
        assert_eq!(ws.recv().text(), "42[\"echo\",7]");
        assert_eq!(ws.recv().text(), "4312345[7]");
    }

    fn deep_json_neither_overflows_nor_stalls(mode) {
        let server = Server::start(mode);
        let mut ws = server.joined();
        let deep = format!("{}{}", "[".repeat(49_000), "]".repeat(49_000));
        ws.text(&format!("42[\"e\",{deep}]"));
        assert_eq!(ws.recv().text(), format!("42[\"echo\",{deep}]"));
    }

    fn acks_carry_their_namespace(mode) {
        let server = Server::start(mode);
        let mut ws = server.joined();
        ws.text("40/custom");
        ws.recv();
        ws.recv();
        ws.text("42/custom,0[\"e\",\"x\"]");
        assert_eq!(ws.recv().text(), "42/custom,[\"echo\",\"x\"]");
        assert_eq!(ws.recv().text(), "43/custom,0[\"x\"]");
    }

    fn attachments_are_put_together(mode) {
        let server = Server::start(mode);
        let mut ws = server.joined();
        let packet = "452-[\"e\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]";
        ws.text(packet);
        ws.text("3");
        ws.binary(&[1, 2, 3]);
        ws.binary(&[]);
        assert_eq!(ws.recv().text(), packet.replace("\"e\"", "\"echo\""));
        assert_eq!(ws.recv(), Got::Binary(vec![1, 2, 3]));
        assert_eq!(ws.recv(), Got::Binary(vec![]));
    }

    fn offences_close_the_connection(mode) {
        let server = Server::start(mode);
        let offences: &[&[&str]] = &[
            &["4abc"], &["abc"], &[""], &["42{}"], &["42[]"], &["42[1]"], &["42[\"a\"]x"], &["42[\"a\",]"],
            &["42abc[\"a\"]"], &["42[\"connect\"]"], &["42[\"disconnecting\"]"], &["42/custom,[\"a\"]"],
            &["41/custom"], &["40"], &["40[]"], &["44{}"], &["43[1]"], &["43/custom,1[]"], &["47"],
            &["4511-[\"a\"]"], &["451000000000-[\"a\"]"], &["45[\"a\"]"], &["451-[\"a\"]", "42[\"b\"]"],
            &["41", "42[\"a\"]"], &["0{}"], &["5"], &["3probe"],
        ];
        for packets in offences {
            let mut ws = server.joined();
            for packet in *packets {
                ws.text(packet);
            }
            assert_eq!(ws.closing(), 1000, "{packets:?}");
        }
        let mut ws = server.joined();
        ws.binary(b"out of nowhere");
        assert_eq!(ws.closing(), 1000);
        server.expect_nothing_left();
        assert_eq!(server.log.count("offence Parse"), offences.len() + 1);
    }

    fn attachments_count_against_the_limit_together(mode) {
        let server = Server::start(mode);
        let mut ws = server.joined();
        ws.text("452-[\"a\"]");
        ws.binary(&vec![0; 60_000]);
        ws.binary(&vec![0; 60_000]);
        assert_eq!(ws.closing(), 1009);
        server.log.expect("offence TooLarge");
    }

    fn unknown_acks_and_noops_are_ignored(mode) {
        let server = Server::start(mode);
        let mut ws = server.joined();
        ws.text("4399[1]");
        ws.text("3");
        ws.text("6");
        ws.text("42[\"e\",1]");
        assert_eq!(ws.recv().text(), "42[\"echo\",1]");
    }

    fn leaving_one_namespace_keeps_the_other(mode) {
        let server = Server::start(mode);
        let mut ws = server.joined();
        ws.text("40/custom");
        ws.recv();
        ws.recv();
        ws.text("41/custom,");
        ws.text("42[\"e\",1]");
        assert_eq!(ws.recv().text(), "42[\"echo\",1]");
        assert_eq!(server.log.count("disconnected /custom Client"), 1);
        ws.text("1");
        server.log.expect("disconnected / Client");
    }

    fn one_bad_client_does_not_harm_another(mode) {
        let server = Server::start(mode);
        let mut good = server.joined();
        let mut bad = server.joined();
        bad.text("nonsense");
        bad.closing();
        good.text("42[\"e\",1]");
        assert_eq!(good.recv().text(), "42[\"echo\",1]");
    }
}
