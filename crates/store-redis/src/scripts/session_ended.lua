-- Notes that a call ended; the first end counts.
--
-- KEYS 1 the call's record, as `SessionRecord` is written: six lines, and the end in ms as the seventh (src/sessions.rs).
-- ARGV 1 the end in ms, 2 how long to remember the call, in ms.
-- Answers 1. Again: the same. Cost O(1).
local record = redis.call('GET', KEYS[1])
if not record or select(2, string.gsub(record, '\n', '')) >= 6 then return 1 end
redis.call('SET', KEYS[1], record .. '\n' .. ARGV[1], 'PX', ARGV[2])
return 1
