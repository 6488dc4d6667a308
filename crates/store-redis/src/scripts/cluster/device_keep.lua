-- Says again what a node knows of a device.
--
-- ARGV 2 node, 3 connection, 4 session or empty, 5 how long to keep the record, 6 how long ago it connected, or empty, 7 how
-- much newer its connection must be to take the record over, in ms; 8 whether it was answered when it entered; 9 when
-- the node asked and 10 until when it waits for the answer, by the clock of Redis, or empty.
-- Answers {}, or {node, connection, newer} when the device was elsewhere. With newer 1 it is: then its session is noted if
-- there is none. With 0 it is here. Again: the same, but {} once it is here and was answered. {}, too, when nobody waits any
-- more. Without a session a claim stays, which may have been made since, or elsewhere. Cost O(1).
if ARGV[10] ~= '' and now > tonumber(ARGV[10]) then return {} end
local asked = ARGV[9] == '' and now or math.min(now, tonumber(ARGV[9]))
local node, connection, session, life = ARGV[2], ARGV[3], ARGV[4], now + tonumber(ARGV[5])
local since = ARGV[6] == '' and 0 or asked - tonumber(ARGV[6])
local it = load()
if it and it.n ~= node and it.t + tonumber(ARGV[7]) >= since then
  if it.s == '' and session ~= '' then
    it.s = session
    save(it)
  end
  return { it.n, it.c, 1 }
end
if not it or it.n ~= node then
  if it and session == '' then session = it.s end
  save({ n = node, c = connection, s = session, u = life, pn = it and it.n or '', pc = it and it.c or '', t = since })
  return it and { it.n, it.c, 0 } or {}
end
if tonumber(it.c) < tonumber(connection) then it.c, it.t = connection, since end
if session ~= '' then it.s = session end
it.u = life
save(it)
return ARGV[8] == '0' and it.pn ~= '' and { it.pn, it.pc, 0 } or {}
