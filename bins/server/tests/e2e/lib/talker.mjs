// One side of a call, as a front end would hold it; prints what it heard.

import { io } from 'socket.io-client';

const [url, name] = process.argv.slice(2);
const { accessToken } = await (await fetch(`${url}/auth/token`, { method: 'POST' })).json();
const socket = io(`${url}/signaling`, { auth: { token: `Bearer ${accessToken}` } });
const heard = (event) => new Promise((resolve) => socket.on(event, resolve));
const candidates = [];
const bothCandidates = new Promise((resolve) => {
  socket.on('candidate', ({ candidate }) => candidates.push(candidate) === 2 && resolve());
});
const [offered, answered, message, reaction] = ['offer', 'answer', 'message', 'reaction'].map(heard);
const over = Promise.race([heard('call-ended'), heard('peer-disconnected')]);

socket.on('connected', () => socket.emit('join-queue', { language: 'en' }));
socket.on('matched', async ({ sessionId, role }) => {
  const send = (event, data) => socket.emit(event, { sessionId, ...data });
  if (role === 'offerer') send('send-offer', { type: 'offer', data: { type: 'offer', sdp: 'v=0 offer' } });
  const description = role === 'offerer' ? (await answered).answer : (await offered).offer;
  if (role === 'answerer') send('send-answer', { type: 'answer', data: { type: 'answer', sdp: 'v=0 answer' } });
  for (const port of [5000, 5001]) send('send-candidate', { type: 'candidate', data: { candidate: `candidate:${port}` } });
  await bothCandidates;
  console.log(`got an ${description.type} and ${candidates.length} candidates`);
  send('send-message', { message: `Hello from ${name}`, sender: name });
  console.log(`heard: ${(await message).message}`);
  send('send-reaction', { emoji: '👋' });
  console.log(`saw: ${(await reaction).emoji}`);
  send('end-call', {});
  await over;
  console.log('over');
  socket.disconnect();
});
