// The events of video-chat-server for TypeScript: copy this file beside your code.
//
//   import { io, type Socket } from "socket.io-client";
//   import type { ClientToServerEvents, ServerToClientEvents } from "./video-chat";
//   const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io("/signaling", { auth });
//
// What two peers send each other as offer, answer and candidate is their own affair, any JSON: `Description` and
// `Candidate` are what RTCPeerConnection makes unless you say otherwise.

/** What the server emits. */
export interface ServerToClientEvents<Description = RTCSessionDescriptionInit, Candidate = RTCIceCandidateInit> {
  /** The first event on every connection. */
  connected: (payload: Connected) => void;
  /** You wait. */
  "queue-joined": (payload: QueueJoined) => void;
  /** You no longer wait. */
  "queue-left": (payload: { timestamp: number }) => void;
  /** A call begins. */
  matched: (payload: Match) => void;
  offer: (payload: FromPeer & { offer: Description }) => void;
  answer: (payload: FromPeer & { answer: Description }) => void;
  candidate: (payload: FromPeer & { candidate: Candidate }) => void;
  message: (payload: FromPeer & { message: string; sender?: string; timestamp: number | string }) => void;
  reaction: (payload: FromPeer & { emoji: string; timestamp: number | string }) => void;
  /** You ended the call. */
  "call-ended": (payload: OfSession) => void;
  /** The call is over, and it was not you. */
  "peer-disconnected": (payload: OfSession & { reason: EndReason }) => void;
  /** The peer vanished and may come back; what you send meanwhile is kept for it. */
  "peer-reconnecting": (payload: OfSession & { graceMs: number }) => void;
  "peer-reconnected": (payload: OfSession) => void;
  /** The server stops: connect anew after this time, to another node where there is one. */
  "server-draining": (payload: { reconnectInMs: number }) => void;
  /** Something without an acknowledgement was refused, or the connection is about to be closed. */
  error: (payload: Failure & { event?: string; sessionId?: string }) => void;
}

/** What the server listens to. Every event takes an acknowledgement as its last argument. */
export interface ClientToServerEvents<Description = RTCSessionDescriptionInit, Candidate = RTCIceCandidateInit> {
  "join-queue": (payload?: Join | null, ack?: Acknowledge) => void;
  "leave-queue": (payload?: unknown, ack?: Acknowledge) => void;
  "send-offer": (payload: Signal<Description>, ack?: Acknowledge) => void;
  "send-answer": (payload: Signal<Description>, ack?: Acknowledge) => void;
  "send-candidate": (payload: Signal<Candidate>, ack?: Acknowledge) => void;
  /** At most 2000 characters, `sender` at most 64. */
  "send-message": (payload: OfSession & { message: string; sender?: string; timestamp?: number | string }, ack?: Acknowledge) => void;
  /** One emoji. */
  "send-reaction": (payload: OfSession & { emoji: string; timestamp?: number | string }, ack?: Acknowledge) => void;
  "end-call": (payload: OfSession, ack?: Acknowledge) => void;
  /** For the operator's figures. Counted once a call and state. */
  "connection-state": (payload: ConnectionReport, ack?: Acknowledge) => void;
}

export interface Connected {
  deviceId: string;
  timestamp: number;
  /** The call that goes on, when this connection resumes one. */
  session?: Match;
}

export interface QueueJoined {
  /** Counts from 1 among those you compete with. */
  position: number;
  timestamp: number;
}

export interface Match extends OfSession {
  /** The peer's name in this call; what a report takes. */
  peerId: string;
  timestamp: number;
  /** Exactly one of the two is the offerer and makes the first offer. */
  role: "offerer" | "answerer";
  /** True for the answerer: yields when two offers cross. */
  polite: boolean;
  /** For `new RTCPeerConnection({ iceServers })`. */
  iceServers: IceServer[];
  waitMs: number;
  region: string;
  language: string;
}

export interface IceServer {
  urls: string | string[];
  username?: string;
  credential?: string;
}

export interface Join {
  /** 1 to 32 of `a-z 0-9 - _`; `global` when absent, which meets everybody. */
  region?: string;
  /** 1 to 32 of `a-z 0-9 - _`; `en` when absent. */
  language?: string;
  preferences?: Record<string, unknown>;
}

export interface Signal<Data> extends OfSession {
  type?: string;
  data: Data;
}

export interface ConnectionReport extends OfSession {
  state: "connected" | "failed" | "disconnected";
  /** The type of the selected local candidate. */
  candidateType?: "host" | "srflx" | "prflx" | "relay";
  /** From `matched` to connected. */
  timeToConnectMs?: number;
}

export interface OfSession {
  sessionId: string;
}

export interface FromPeer extends OfSession {
  /** The peer's name in this call. */
  from: string;
}

export type EndReason = "ended" | "left" | "timeout" | "blocked" | "server";

export interface Failure {
  code: Code;
  /** For people, in English. */
  message: string;
  retryAfterMs?: number;
}

export type Acknowledge = (answer: Answer) => void;

export type Answer = { ok: true } | { ok: false; error: Failure };

export type Code =
  | "unauthorized"
  | "token_expired"
  | "device_blocked"
  | "superseded"
  | "rate_limited"
  | "invalid_payload"
  | "payload_too_large"
  | "unknown_event"
  | "not_in_queue"
  | "already_in_call"
  | "session_not_found"
  | "not_a_participant"
  | "peer_unavailable"
  | "service_unavailable"
  | "internal";

/** What `connect_error` carries when the server refused the connection: `error.data`. */
export interface Refused {
  code: "unauthorized" | "token_expired" | "device_blocked" | "rate_limited" | "service_unavailable";
  retryAfterMs?: number;
}
