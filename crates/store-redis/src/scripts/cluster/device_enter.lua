-- A device has a connection at a place.
--
-- ARGV 2 node, 3 connection, 4 how long to keep the record, in ms, 5 until when the node waits for the answer, or empty.
-- Answers {node, connection} of before, {node, connection} of the last at another node than that, each perhaps empty, and the session; or {} when nobody waits any more. Again: the same, but nothing of before that. Cost O(1).
local node, connection = ARGV[2], ARGV[3]
if ARGV[5] ~= '' and now > tonumber(ARGV[5]) then return {} end
local before = load()
local it = { n = node, c = connection, s = '', u = now + tonumber(ARGV[4]), pn = '', pc = '', t = now }
if not before then
  save(it)
  return { '', '', '', '', '' }
end
it.s = before.s
if before.n ~= node then
  it.pn, it.pc = before.n, before.c
  save(it)
  return { before.n, before.c, before.pn, before.pc, it.s }
end
it.pn, it.pc = before.pn, before.pc
if tonumber(before.c) >= tonumber(connection) then it.c, it.t = before.c, before.t end
save(it)
if before.c == connection then return { it.pn, it.pc, '', '', it.s } end
return { before.n, before.c, it.pn, it.pc, it.s }
