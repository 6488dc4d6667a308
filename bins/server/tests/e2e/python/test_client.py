"""A client of another language, unmodified: python-socketio over polling, WebSocket and the upgrade between them."""

import queue
import unittest

import socketio
from support import PATIENCE, Peer, Server


class PythonClient(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0

    def test_a_whole_call_over_each_transport(self):
        cases = [
            (["polling", "websocket"], "/signaling"),
            (["websocket"], "/signaling"),
            (["polling"], "/"),
        ]
        for number, (transports, namespace) in enumerate(cases):
            with self.subTest(transports=transports, namespace=namespace):
                self.whole_call(transports, namespace, f"python-{number}")

    def whole_call(self, transports, namespace, language):
        a, b = (Peer(self.server, transports, namespace) for _ in range(2))
        self.assertTrue(a.ask("join-queue", {"language": language})["ok"])
        self.assertEqual(a.next("queue-joined")["position"], 1)
        self.assertTrue(b.ask("join-queue", {"language": language})["ok"])
        left, right = a.next("matched"), b.next("matched")
        session = left["sessionId"]
        self.assertEqual(session, right["sessionId"])
        self.assertEqual({left["role"], right["role"]}, {"offerer", "answerer"})

        a.emit("send-offer", {"sessionId": session, "type": "offer", "data": {"sdp": "v=0"}})
        self.assertEqual(b.next("offer"), {"sessionId": session, "offer": {"sdp": "v=0"}, "from": right["peerId"]})
        b.emit("send-answer", {"sessionId": session, "type": "answer", "data": {"sdp": "v=0"}})
        self.assertEqual(a.next("answer")["answer"], {"sdp": "v=0"})
        for number in range(5):
            a.emit("send-candidate", {"sessionId": session, "data": number})
        self.assertEqual([b.next("candidate")["candidate"] for _ in range(5)], list(range(5)))
        a.emit("send-message", {"sessionId": session, "message": "Grüße 👋"})
        self.assertEqual(b.next("message")["message"], "Grüße 👋")
        b.emit("send-reaction", {"sessionId": session, "emoji": "🎉"})
        self.assertEqual(a.next("reaction")["emoji"], "🎉")

        refused = a.ask("send-offer", {"sessionId": "nowhere", "data": 1})
        self.assertEqual((refused["ok"], refused["error"]["code"]), (False, "session_not_found"))
        b.emit("send-offer", {"sessionId": session, "data": b"\x01\x02"})
        self.assertEqual(b.next("error")["code"], "invalid_payload")

        a.emit("end-call", {"sessionId": session})
        self.assertEqual(a.next("call-ended")["sessionId"], session)
        self.assertEqual(b.next("peer-disconnected"), {"sessionId": session, "reason": "ended"})
        self.assertTrue(a.heard["error"].empty())
        a.client.disconnect()
        b.client.disconnect()

    def test_a_bad_token_is_refused(self):
        client = socketio.Client(reconnection=False)
        refusals = queue.Queue()
        client.on("connect_error", refusals.put, namespace="/signaling")
        with self.assertRaises(socketio.exceptions.ConnectionError):
            client.connect(self.server.url, namespaces=["/signaling"], auth={"token": "rubbish"}, wait_timeout=5)
        self.assertEqual(refusals.get(timeout=PATIENCE)["data"]["code"], "unauthorized")
        client.disconnect()


if __name__ == "__main__":
    unittest.main(verbosity=2)
