-- Gives back to an allowance what was taken; see limit_take.lua.
--
-- KEYS 1 the allowance.
-- ARGV 1 period in µs, 2 burst, 3 cost, 4 an id of this very call.
-- Answers 1. Again with the same id: given back once. Cost O(1).
local state = redis.call('GET', KEYS[1])
if not state then return 1 end
local arrival, call = string.match(state, '^(%d+) (.*)$')
if call == ARGV[4] then return 1 end
local unit = math.ceil(tonumber(ARGV[1]) / math.max(1, tonumber(ARGV[2])))
arrival = math.max(0, tonumber(arrival) - unit * tonumber(ARGV[3]))
redis.call('SET', KEYS[1], string.format('%.0f %s', arrival, ARGV[4]), 'KEEPTTL')
return 1
