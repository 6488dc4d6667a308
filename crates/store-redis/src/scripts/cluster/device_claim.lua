-- Claims a device for a session.
--
-- ARGV 2 node, 3 session. Answers 1 when it is claimed, else 0. Again: the same. Cost O(1).
local it = load()
if not it or it.n ~= ARGV[2] or (it.s ~= '' and it.s ~= ARGV[3]) then return 0 end
it.s = ARGV[3]
save(it)
return 1
