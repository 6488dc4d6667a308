-- Writes an offered call, unless it is known.
--
-- ARGV 2 its life in ms, 3 record, 4 the offerer's node, 5 the answerer's, 6 moves. Answers 1; again: the same. Cost O(1).
if not load() then
  redis.call('DEL', KEYS[1])
  set(ARGV[2], 'st', 'o', 'r', ARGV[3], 'o', ARGV[4], 'a', ARGV[5], 'm', ARGV[6])
end
return 1
