-- Says again what a node knows of a device.
--
-- ARGV 2 node, 3 connection, 4 session or empty, 5 how long to keep the record, in ms.
-- Answers 1, or 0 when the device is elsewhere. Again: the same. Cost O(1).
local it = load()
if it and it.n ~= ARGV[2] then return 0 end
it = it or { n = ARGV[2], c = ARGV[3], pn = '', pc = '' }
if tonumber(it.c) < tonumber(ARGV[3]) then it.c = ARGV[3] end
it.s, it.u = ARGV[4], now + tonumber(ARGV[5])
save(it)
return 1
