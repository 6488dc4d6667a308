// A client in a process of its own: joins the queue, says so on stdout, and stays. For tests that kill it.

import { io } from 'socket.io-client';

const [url, token, language] = process.argv.slice(2);
const socket = io(`${url}/signaling`, { auth: { token }, transports: ['websocket'] });
socket.on('connected', () => socket.emit('join-queue', { language }));
socket.on('queue-joined', () => console.log('waiting'));
