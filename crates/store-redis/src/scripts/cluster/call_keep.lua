-- Says again that a call is live.
--
-- ARGV 2 its life in ms, 3 record, 4 the offerer's node, 5 the answerer's, 6 moves. Answers 1, or 0 when it is over;
-- again: the same. Cost O(1).
local it = load()
if it and it.st == 'x' then return 0 end
if it and it.st == 'l' then
  set(ARGV[2], 'st', 'l', 'm', math.max(tonumber(it.m), tonumber(ARGV[6])))
else
  set(ARGV[2], 'st', 'l', 'r', ARGV[3], 'o', ARGV[4], 'a', ARGV[5], 'm', ARGV[6])
end
return 1
