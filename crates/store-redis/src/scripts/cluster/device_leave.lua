-- The connection at a place is gone: the record stays for the grace.
--
-- ARGV 2 node, 3 connection, 4 grace in ms. Answers 1; again: the same, the grace begins anew. Cost O(1).
local it = load()
if it and it.n == ARGV[2] and it.c == ARGV[3] then
  it.u = now + tonumber(ARGV[4])
  save(it)
end
return 1
