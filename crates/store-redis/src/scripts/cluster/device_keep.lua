-- Says again what a node knows of a device.
--
-- ARGV 2 node, 3 connection, 4 session or empty, 5 how long to keep the record, in ms.
-- Answers {}, or {node, connection} when the device is elsewhere: then its session is noted if there is none.
-- Again: the same. Cost O(1).
local it = load()
if it and it.n ~= ARGV[2] then
  if it.s == '' and ARGV[4] ~= '' then
    it.s = ARGV[4]
    save(it)
  end
  return { it.n, it.c }
end
it = it or { n = ARGV[2], c = ARGV[3], pn = '', pc = '' }
if tonumber(it.c) < tonumber(ARGV[3]) then it.c = ARGV[3] end
it.s, it.u = ARGV[4], now + tonumber(ARGV[5])
save(it)
return {}
