-- Takes from an allowance, or nothing (GCRA, as `Gcra` in the crate auth, in µs).
--
-- KEYS 1 the allowance: "<theoretical arrival time> <call>", gone when it is full.
-- ARGV 1 the wall clock in ms, or empty: Redis tells the time; 2 period in µs, 3 burst, 4 cost, at most the burst;
-- 5 an id of this very call.
-- Answers 0 when it was taken, else in how many ms to come back. Again with the same id: taken once. Cost O(1).
local now = tonumber(ARGV[1])
if now then
  now = now * 1000
else
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
-- Further ahead than a full allowance could be: the clock was set back.
local JITTER = 1000000
local unit = math.ceil(tonumber(ARGV[2]) / math.max(1, tonumber(ARGV[3])))
local full = now + unit * tonumber(ARGV[3])

local state = redis.call('GET', KEYS[1])
local arrival, call = 0, nil
if state then
  arrival, call = string.match(state, '^(%d+) (.*)$')
  arrival = tonumber(arrival)
end
if call == ARGV[5] then return 0 end
local function remember(instant, by)
  redis.call('SET', KEYS[1], string.format('%.0f %s', instant, by), 'PX', math.ceil((instant - now) / 1000))
end
if arrival > full + JITTER then
  arrival = full
  remember(full, call)
end
local taken = math.max(arrival, now) + unit * tonumber(ARGV[4])
if taken > full then return math.ceil((taken - full) / 1000) end
if taken > now then remember(taken, ARGV[5]) end
return 0
