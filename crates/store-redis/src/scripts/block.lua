-- Blocks a device, or prolongs its block: the later end counts.
--
-- KEYS 1 a share of the block list: a hash device → end in ms, or empty: until lifted.
-- ARGV 1 device, 2 end.
-- Answers 1. Again: the same. Cost O(1).
local end_now = redis.call('HGET', KEYS[1], ARGV[1])
if end_now == '' or (end_now and ARGV[2] ~= '' and tonumber(end_now) >= tonumber(ARGV[2])) then return 1 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
