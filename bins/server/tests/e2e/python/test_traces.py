"""Traces, as a collector gets them: OTLP over gRPC, received by the reference implementation of both."""

import socket
import unittest
from concurrent.futures import ThreadPoolExecutor

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from support import Peer, Server

TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = "b7ad6b7169203331"
TRACEPARENT = {"traceparent": f"00-{TRACE}-{CALLER}-01"}


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Keeps the spans it is sent, and the attributes of who sent them."""

    def __init__(self):
        self.spans = []
        self.resources = []
        self.server = grpc.server(ThreadPoolExecutor(max_workers=2))
        trace_service_pb2_grpc.add_TraceServiceServicer_to_server(self, self.server)
        self.endpoint = f"http://127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"
        self.server.start()

    def Export(self, request, _context):
        for sender in request.resource_spans:
            self.resources.append(attributes(sender.resource))
            for scope in sender.scope_spans:
                self.spans.extend(scope.spans)
        return trace_service_pb2.ExportTraceServiceResponse()

    def named(self, name):
        return [span for span in self.spans if span.name == name]


def attributes(bearer):
    values = ((each.key, each.value) for each in bearer.attributes)
    return {key: getattr(value, value.WhichOneof("value")) for key, value in values}


class Traces(unittest.TestCase):
    def observed(self, **settings):
        """What is collected of a token, a call, and a call that is not there."""
        collector = Collector()
        self.addCleanup(collector.server.stop, None)
        server = Server(OTEL_ENABLED="true", OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint, **settings)
        server.token(TRACEPARENT)
        a, b = (Peer(server, ["websocket"], "/signaling") for _ in range(2))
        for peer in (a, b):
            self.assertTrue(peer.ask("join-queue", {"language": "traced"})["ok"])
        self.session = a.next("matched")["sessionId"]
        self.assertTrue(a.ask("send-offer", {"sessionId": self.session, "type": "offer", "data": {"sdp": "v=0"}})["ok"])
        self.assertTrue(a.ask("end-call", {"sessionId": self.session})["ok"])
        self.assertFalse(b.ask("end-call", {"sessionId": "nowhere"})["ok"])
        for peer in (a, b):
            peer.client.disconnect()
        self.assertEqual(server.stop(), 0)
        return collector

    def test_requests_connects_events_and_matches(self):
        collector = self.observed(OTEL_SERVICE_NAME="stranger")
        self.assertEqual({resource["service.name"] for resource in collector.resources}, {"stranger"})

        requests = [attributes(span) for span in collector.named("POST /auth/token")]
        self.assertEqual(len(requests), 3)
        self.assertEqual({request["http.response.status_code"] for request in requests}, {201})
        self.assertEqual({request["http.route"] for request in requests}, {"/auth/token"})
        self.assertEqual(len(collector.named("connect")), 2)

        joins = collector.named("join-queue")
        [match] = collector.named("match")
        self.assertIn((match.trace_id, match.parent_span_id), [(join.trace_id, join.span_id) for join in joins])
        self.assertEqual(attributes(match)["session"], self.session)
        self.assertEqual(attributes(match)["language"], "traced")
        ends = [attributes(span).get("error.type") for span in collector.named("end-call")]
        self.assertEqual(sorted(ends, key=str), [None, "session_not_found"])
        self.assertEqual({span.name for span in collector.spans} & {"send-offer", "GET unmatched"}, set())

    def test_only_a_trusted_proxy_s_trace_goes_on(self):
        for settings, expected in [({"TRUSTED_PROXIES": "127.0.0.1"}, 1), ({}, 0)]:
            with self.subTest(settings=settings):
                spans = self.observed(**settings).named("POST /auth/token")
                going_on = [span for span in spans if span.trace_id.hex() == TRACE]
                self.assertEqual([span.parent_span_id.hex() for span in going_on], [CALLER] * expected)

    def test_a_collector_that_is_not_there_stops_nobody(self):
        with socket.socket() as taken:
            # Bound and not listening: a port that refuses.
            taken.bind(("127.0.0.1", 0))
            endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
            server = Server(OTEL_ENABLED="true", OTEL_EXPORTER_OTLP_ENDPOINT=endpoint, LOG_LEVEL="off")
            peer = Peer(server, ["websocket"], "/signaling")
            self.assertTrue(peer.ask("join-queue", {"language": "traced"})["ok"])
            peer.client.disconnect()
            self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
