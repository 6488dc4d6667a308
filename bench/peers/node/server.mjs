// The contract's hot half on Node's socket.io, in memory: tokens, the queue, relays, the end.
//
// No limits and no metrics, which the project's server has: a comparison in this one's favour.
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { Server } from 'socket.io';

const SECRET = process.env.JWT_SECRET;
const RELAYS = { 'send-offer': 'offer', 'send-answer': 'answer', 'send-candidate': 'candidate' };
const ICE_SERVERS = [{ urls: ['stun:stun.example.org:3478'] }];

const http = createServer();
const io = new Server(http, { transports: ['websocket'], perMessageDeflate: false, maxHttpBufferSize: 131_072 });

/** Waiting people by language: all of them, and by region, each longest-waiting first. */
const pools = new Map();

function poolOf(language) {
  let pool = pools.get(language);
  if (!pool) pools.set(language, (pool = { all: new Set(), regions: new Map() }));
  return pool;
}

function first(set) {
  return set?.values().next().value;
}

function partnerFor(pool, region) {
  if (region === 'global') return first(pool.all);
  const near = first(pool.regions.get(region));
  const anywhere = first(pool.regions.get('global'));
  if (!near || !anywhere) return near ?? anywhere;
  return near.data.since <= anywhere.data.since ? near : anywhere;
}

function leave(socket) {
  const { ticket } = socket.data;
  if (!ticket) return;
  socket.data.ticket = undefined;
  ticket.pool.all.delete(socket);
  const near = ticket.pool.regions.get(ticket.region);
  near.delete(socket);
  if (near.size === 0) ticket.pool.regions.delete(ticket.region);
}

function join(socket, region, language) {
  const pool = poolOf(language);
  socket.data.since = performance.now();
  const partner = partnerFor(pool, region);
  if (!partner) {
    let near = pool.regions.get(region);
    if (!near) pool.regions.set(region, (near = new Set()));
    near.add(socket);
    pool.all.add(socket);
    socket.data.ticket = { pool, region };
    socket.emit('queue-joined', { position: pool.all.size, timestamp: Date.now() });
    return;
  }
  leave(partner);
  socket.emit('queue-joined', { position: 1, timestamp: Date.now() });
  meet(partner, socket, region, language);
}

function meet(offerer, answerer, region, language) {
  const sessionId = randomUUID();
  const timestamp = Date.now();
  const [offererAlias, answererAlias] = [randomUUID(), randomUUID()];
  offerer.data.call = { sessionId, peer: answerer, alias: offererAlias };
  answerer.data.call = { sessionId, peer: offerer, alias: answererAlias };
  const common = { sessionId, timestamp, iceServers: ICE_SERVERS, region, language };
  const waited = (socket) => Math.round(performance.now() - socket.data.since);
  offerer.emit('matched', { ...common, peerId: answererAlias, role: 'offerer', polite: false, waitMs: waited(offerer) });
  answerer.emit('matched', { ...common, peerId: offererAlias, role: 'answerer', polite: true, waitMs: waited(answerer) });
}

function hangUp(socket, reason) {
  const { call } = socket.data;
  if (!call) return;
  socket.data.call = undefined;
  call.peer.data.call = undefined;
  call.peer.emit('peer-disconnected', { sessionId: call.sessionId, reason });
}

/** The call the payload names, if the socket is in it. */
function callOf(socket, payload) {
  const { call } = socket.data;
  if (call && payload?.sessionId === call.sessionId) return call;
  socket.emit('error', { code: 'session_not_found', message: 'Session not found' });
  return undefined;
}

function serve(socket) {
  socket.emit('connected', { deviceId: socket.data.device, timestamp: Date.now() });
  socket.on('join-queue', (payload) => {
    if (socket.data.call) return socket.emit('error', { code: 'already_in_call', message: 'Already in a call' });
    leave(socket);
    return join(socket, payload?.region ?? 'global', payload?.language ?? 'en');
  });
  for (const [sent, heard] of Object.entries(RELAYS)) {
    socket.on(sent, (payload) => {
      const call = callOf(socket, payload);
      if (call) call.peer.emit(heard, { sessionId: call.sessionId, [heard]: payload.data, from: call.alias });
    });
  }
  socket.on('send-message', (payload) => {
    const call = callOf(socket, payload);
    if (!call || typeof payload.message !== 'string' || payload.message.length > 2_000) return;
    const { message, sender, timestamp = Date.now() } = payload;
    call.peer.emit('message', { sessionId: call.sessionId, message, from: call.alias, sender, timestamp });
  });
  socket.on('end-call', (payload) => {
    const call = callOf(socket, payload);
    if (!call) return;
    hangUp(socket, 'ended');
    socket.emit('call-ended', { sessionId: call.sessionId });
  });
  socket.on('disconnect', () => {
    leave(socket);
    hangUp(socket, 'left');
  });
}

const signaling = io.of('/signaling');
signaling.use((socket, next) => {
  try {
    const token = String(socket.handshake.auth.token ?? '').replace(/^Bearer /, '');
    socket.data.device = jwt.verify(token, SECRET, { algorithms: ['HS256'] }).sub;
    next();
  } catch {
    next(Object.assign(new Error('Unauthorized'), { data: { code: 'unauthorized' } }));
  }
});
signaling.on('connection', serve);

http.listen(Number(process.env.PORT ?? 3333), '127.0.0.1', 4_096, () => {
  console.log(`listening on http://127.0.0.1:${http.address().port}`);
});
