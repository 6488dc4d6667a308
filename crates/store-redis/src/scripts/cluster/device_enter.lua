-- A device has a connection at a place.
--
-- ARGV 2 node, 3 connection, 4 how long to keep the record, in ms.
-- Answers {node, connection, session} of before, each perhaps empty. Again: the same. Cost O(1).
local node, connection = ARGV[2], ARGV[3]
local before = load()
local it = { n = node, c = connection, s = '', u = now + tonumber(ARGV[4]), pn = '', pc = '' }
if before then
  it.s = before.s
  if before.n == node and before.c == connection then
    it.pn, it.pc = before.pn, before.pc
  else
    it.pn, it.pc = before.n, before.c
  end
  if before.n == node and tonumber(before.c) > tonumber(connection) then
    before.u = it.u
    save(before)
    return { before.n, before.c, before.s }
  end
end
save(it)
return { it.pn, it.pc, it.s }
